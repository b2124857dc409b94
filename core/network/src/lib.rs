//! Pod addresses, sockets, service routing and cluster DNS.
