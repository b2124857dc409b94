//! Quantities: inputs with what the real `kubectl create quota --hard=cpu=X --dry-run=client` printed.

use model::quantity::{Format, Quantity, QuantityError, canonical};

#[test]
fn canonical_forms() {
    let cases = [
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1Gi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.1Gi", "107374182400m"),
        ("1e3", "1e3"),
        ("1E3", "1e3"),
        ("1E", "1E"),
        (".", "0"),
        ("-", "0"),
        (".5", "500m"),
        ("-1", "-1"),
        ("0.0000000001", "1n"),
        ("1024", "1024"),
        ("1000", "1k"),
        ("1024Ki", "1Mi"),
        ("1025Ki", "1025Ki"),
        ("1000k", "1M"),
        ("100000000000000000000", "100E"),
        ("12e-1", "1200e-3"),
        ("0Mi", "0"),
        ("1.0000000001Ki", "1024000000103n"),
        ("-1.5", "-1500m"),
        ("1000Ei", "9223372036854775807"),
        ("8Ei", "9223372036854775807"),
        ("7.5Ei", "7680Pi"),
        ("0.1Ki", "102400m"),
        ("1e-10", "1e-9"),
        ("1e19", "10e18"),
        ("0.001k", "1"),
        ("1.0", "1"),
        ("123456789e-9", "123456789e-9"),
        ("0.0000000015", "2n"),
        ("100.5", "100500m"),
        ("1u", "1u"),
        ("1048576Mi", "1Ti"),
    ];
    for (text, expected) in cases {
        assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn errors() {
    let cases = [
        ("", QuantityError::Format),
        ("1Gb", QuantityError::Format),
        ("1.2.3", QuantityError::Format),
        ("0x1", QuantityError::Format),
        ("1 ", QuantityError::Format),
        ("1e3k", QuantityError::Format),
        ("1e3.5", QuantityError::Format),
        ("5m.", QuantityError::Format),
        ("1K", QuantityError::Suffix),
        ("1e", QuantityError::Suffix),
        ("1mm", QuantityError::Suffix),
        ("100ki", QuantityError::Suffix),
        ("1Kii", QuantityError::Suffix),
        ("1m3", QuantityError::Suffix),
        ("1-1", QuantityError::Suffix),
        ("1\u{e9}", QuantityError::Format),
    ];
    for (text, expected) in cases {
        assert_eq!(canonical(text), Err(expected), "{text}");
    }
    let huge = "9".repeat(400);
    assert!(canonical(&huge).is_ok() && canonical(&format!("1e{huge}")).is_err());
}

#[test]
fn arithmetic() {
    let quantity = |text: &str| text.parse::<Quantity>().unwrap();
    assert_eq!(quantity("1500m").value(), 2);
    assert_eq!(quantity("0.0005").milli_value(), 1);
    assert_eq!(quantity("2").milli_value(), 2000);
    assert_eq!((quantity("1Gi") + quantity("512Mi")).to_string(), "1536Mi");
    assert_eq!((quantity("0") + quantity("512Mi")).to_string(), "512Mi");
    assert_eq!((quantity("1") - quantity("250m")).to_string(), "750m");
    assert_eq!((quantity("0") - quantity("1Ki")).to_string(), "-1Ki");
    assert!(quantity("1Gi") > quantity("1G") && quantity("1000m") == quantity("1"));
    assert_eq!([quantity("100m"), quantity("1")].into_iter().sum::<Quantity>().to_string(), "1100m");
    assert_eq!(Quantity::from_units(2048, Format::BinarySi).to_string(), "2Ki");
    assert_eq!(Quantity::from_milli(2000).to_string(), "2");
}
