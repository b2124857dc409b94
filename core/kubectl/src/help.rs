//! Help texts, made from the table of commands.

use crate::command_table::{CommandSpec, CommandTable, Flag, FlagKind};
use crate::failure::Failure;

/// What each command is for, in a line.
const SUMMARIES: &[(&str, &str)] = &[
    ("annotate", "Change the annotations of objects"),
    ("api-resources", "List the kinds that the server knows"),
    ("api-versions", "List the groups and versions that the server knows"),
    ("apply", "Make objects be as files say, and remember what the files said"),
    ("apply edit-last-applied", "Change in an editor what an object was applied as"),
    ("apply set-last-applied", "Note a file as what an object was applied as"),
    ("apply view-last-applied", "Show what objects were applied as"),
    ("attach", "Join the main process of a running container"),
    ("auth", "Look into authorization"),
    ("auth can-i", "Say whether an action is allowed"),
    ("auth reconcile", "Make roles and bindings allow what a file says"),
    ("auth whoami", "Show who the server takes one for"),
    ("autoscale", "Let a workload be scaled by its load"),
    ("certificate", "Decide on signing requests"),
    ("certificate approve", "Let a certificate be signed"),
    ("certificate deny", "Refuse to have a certificate signed"),
    ("cluster-info", "Show where the control plane is"),
    ("cluster-info dump", "Write down all that helps to find what is wrong"),
    ("completion", "Print a script that completes commands"),
    ("config", "Look at and change kubeconfig files"),
    ("config current-context", "Print the context in use"),
    ("config delete-cluster", "Take a cluster out of the file"),
    ("config delete-context", "Take a context out of the file"),
    ("config delete-user", "Take a user out of the file"),
    ("config get-clusters", "List clusters"),
    ("config get-contexts", "List contexts"),
    ("config get-users", "List users"),
    ("config rename-context", "Give a context another name"),
    ("config set", "Set one value"),
    ("config set-cluster", "Set what is said of a cluster"),
    ("config set-context", "Set what is said of a context"),
    ("config set-credentials", "Set what is said of a user"),
    ("config unset", "Take one value out"),
    ("config use-context", "Choose the context in use"),
    ("config view", "Show the files together"),
    ("cordon", "Keep new pods off a node"),
    ("cp", "Copy files from and to containers"),
    ("create", "Create an object from a file or from arguments"),
    ("create clusterrole", "Create a role for the whole cluster"),
    ("create clusterrolebinding", "Give a role for the whole cluster"),
    ("create configmap", "Create a config map from files, folders or literal values"),
    ("create cronjob", "Create a job that runs by a schedule"),
    ("create deployment", "Create a deployment of an image"),
    ("create ingress", "Create rules for requests from outside"),
    ("create job", "Create a job of an image"),
    ("create namespace", "Create a namespace"),
    ("create poddisruptionbudget", "Create a budget of disruptions"),
    ("create priorityclass", "Create a priority class"),
    ("create quota", "Create a quota of resources"),
    ("create role", "Create a role for a namespace"),
    ("create rolebinding", "Give a role for a namespace"),
    ("create secret", "Create a secret of one of the types"),
    ("create secret docker-registry", "Create a secret for a registry of images"),
    ("create secret generic", "Create a secret from files, folders or literal values"),
    ("create secret tls", "Create a secret of a certificate and its key"),
    ("create service", "Create a service of one of the types"),
    ("create service clusterip", "Create a service with an address in the cluster"),
    ("create service externalname", "Create a service that stands for a name outside"),
    ("create service loadbalancer", "Create a service with a load balancer"),
    ("create service nodeport", "Create a service with a port on every node"),
    ("create serviceaccount", "Create a service account"),
    ("create token", "Ask for a token of a service account"),
    ("debug", "Look into a pod or node with a helper container"),
    ("delete", "Delete objects"),
    ("describe", "Show an object with all that belongs to it"),
    ("diff", "Show what apply would change"),
    ("drain", "Empty a node for maintenance"),
    ("edit", "Change an object in an editor"),
    ("events", "List events"),
    ("exec", "Run a command in a container"),
    ("explain", "Show the fields of a kind"),
    ("expose", "Make a service for a workload, pod or service"),
    ("get", "List objects"),
    ("kustomize", "Build what a kustomization says"),
    ("label", "Change the labels of objects"),
    ("logs", "Print what a container wrote"),
    ("options", "List the flags that every command has"),
    ("patch", "Change fields of an object"),
    ("plugin", "Look for plugins"),
    ("plugin list", "List plugins in the path"),
    ("port-forward", "Forward local ports to a pod"),
    ("proxy", "Serve the API on a local port"),
    ("replace", "Replace an object by a file"),
    ("rollout", "Follow and steer the rollout of a workload"),
    ("rollout history", "Show the revisions of a workload"),
    ("rollout pause", "Hold the rollout of a workload"),
    ("rollout restart", "Have all pods of a workload replaced"),
    ("rollout resume", "Let a held rollout go on"),
    ("rollout status", "Follow a rollout to its end"),
    ("rollout undo", "Go back to an earlier revision"),
    ("run", "Run an image in a pod"),
    ("scale", "Set how many replicas a workload has"),
    ("set", "Change certain fields of objects"),
    ("set env", "Set environment variables of a pod template"),
    ("set image", "Set images of a pod template"),
    ("set resources", "Set requests and limits of a pod template"),
    ("set selector", "Set the selector of an object"),
    ("set serviceaccount", "Set the service account of a workload"),
    ("set subject", "Set whom a binding gives its role"),
    ("taint", "Change the taints of nodes"),
    ("top", "Show the use of cpu and memory"),
    ("top node", "Show the use of cpu and memory by nodes"),
    ("top pod", "Show the use of cpu and memory by pods"),
    ("uncordon", "Let new pods onto a node again"),
    ("version", "Show the versions of client and server"),
    ("wait", "Wait until objects are in a certain state"),
];

/// The commands right below kubectl, in the groups and the order in which its help lists them.
const ORDER: &[(&str, &[&str])] = &[
    ("Basic Commands (Beginner)", &["create", "expose", "run", "set"]),
    ("Basic Commands (Intermediate)", &["explain", "get", "edit", "delete"]),
    ("Deploy Commands", &["rollout", "scale", "autoscale"]),
    (
        "Cluster Management Commands",
        &["certificate", "cluster-info", "top", "cordon", "uncordon", "drain", "taint"],
    ),
    (
        "Troubleshooting and Debugging Commands",
        &["describe", "logs", "attach", "exec", "port-forward", "proxy", "cp", "auth", "debug", "events"],
    ),
    ("Advanced Commands", &["diff", "apply", "patch", "replace", "wait", "kustomize"]),
    ("Settings Commands", &["label", "annotate", "completion"]),
    ("Other Commands", &["api-resources", "api-versions", "config", "plugin", "version", "alpha", "options"]),
];

fn summary(path: &str) -> &'static str {
    SUMMARIES.iter().find(|(name, _)| *name == path).map_or("", |(_, text)| text)
}

/// The help of a command; of kubectl itself if its path is empty.
#[must_use]
pub fn of_command(table: &CommandTable, command: &CommandSpec) -> String {
    let mut text = String::new();
    if command.path.is_empty() {
        text.push_str("kubectl controls the Kubernetes cluster manager.\n\n");
    } else if !summary(command.path).is_empty() {
        text.push_str(&format!("{}.\n\n", summary(command.path)));
    }
    if !command.aliases.is_empty() {
        text.push_str(&format!("Aliases:\n{}\n\n", command.aliases.join(", ")));
    }
    let below: Vec<&CommandSpec> = table.subcommands(command.path).collect();
    if command.path.is_empty() {
        for (title, names) in ORDER {
            let names =
                names.iter().copied().filter(|name| *name != "options" && table.command(name).is_some());
            let rows: Vec<(&str, &str)> = names.map(|name| (name, summary(name))).collect();
            text.push_str(&command_rows(title, rows));
        }
    } else if !below.is_empty() {
        let mut rows: Vec<(&str, &str)> = below
            .iter()
            .map(|command| (command.path.rsplit(' ').next().unwrap_or_default(), summary(command.path)))
            .collect();
        rows.sort_unstable();
        text.push_str(&command_rows("Available Commands", rows));
    }
    if !command.flags.is_empty() {
        text.push_str("Options:\n");
        text.push_str(&flag_lines(&command.flags));
        text.push('\n');
    }
    text.push_str("Usage:\n");
    for usage in &command.usage {
        text.push_str(&format!("  {usage}\n"));
    }
    text.push('\n');
    if !below.is_empty() {
        let name = if command.path.is_empty() { String::new() } else { format!("{} ", command.path) };
        text.push_str(&format!(
            "Use \"kubectl {name}<command> --help\" for more information about a given command.\n"
        ));
    }
    text.push_str(
        "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
    );
    text
}

fn command_rows(title: &str, rows: Vec<(&str, &str)>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("{title}:\n");
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 3;
    for (name, what) in rows {
        text.push_str(format!("  {name:width$}{what}").trim_end());
        text.push('\n');
    }
    text.push('\n');
    text
}

/// `kubectl options`.
#[must_use]
pub fn options(table: &CommandTable) -> String {
    format!("The following options can be passed to any command:\n\n{}", flag_lines(&table.global_flags))
}

fn flag_lines(flags: &[Flag]) -> String {
    let mut text = String::new();
    for flag in flags {
        let short = flag.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        let default = match flag.kind {
            FlagKind::Text => format!("'{}'", flag.default),
            FlagKind::Slice | FlagKind::Array => "[]".to_owned(),
            _ => flag.default.to_owned(),
        };
        text.push_str(&format!("    {short}--{}={default}\n", flag.name));
    }
    text
}

/// The failure of a first word that is no command, with what may have been meant.
#[must_use]
pub fn unknown_command(table: &CommandTable, word: &str) -> Failure {
    let mut near: Vec<&str> = table
        .subcommands("")
        .map(|command| command.path)
        .filter(|name| distance(name, word) <= 2 || name.starts_with(word))
        .collect();
    near.sort_by_key(|name| ORDER.iter().flat_map(|(_, names)| *names).position(|known| known == name));
    let mut text = format!("unknown command \"{word}\" for \"kubectl\"");
    if !near.is_empty() {
        text.push_str("\n\nDid you mean this?\n");
        for name in near {
            text.push_str(&format!("\t{name}\n"));
        }
    }
    Failure::Client(text)
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for column in 0..other.len() {
            let cost = usize::from(letter != other[column]);
            let next = (diagonal + cost).min(row[column] + 1).min(row[column + 1] + 1);
            diagonal = row[column + 1];
            row[column + 1] = next;
        }
    }
    row[other.len()]
}
