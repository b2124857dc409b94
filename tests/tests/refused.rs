//! Wrong manifests are refused in Kubernetes's words (see `truth.rs`), and change nothing.

use sandbox::{ClusterSettings, NodeSource, World};
use tests::truth::{Suite, why_out_of_scope};

/// Kinds that are written without anybody asking: heartbeats and events.
fn asked_for_revision(world: &World) -> u64 {
    use model::Kind;
    let store = world.api().store();
    let kinds = Kind::all().filter(|kind| !matches!(kind, Kind::Lease | Kind::Event | Kind::Node));
    kinds.map(|kind| store.kind_revision(kind)).max().unwrap_or(0)
}

#[test]
fn refused_manifests_change_nothing() {
    let suite = Suite::read().unwrap_or_else(|why| panic!("{why}"));
    let entries =
        suite.groups.iter().filter(|group| group.name == "invalid").flat_map(|group| &group.entries);
    let refused: Vec<_> = entries
        .filter(|entry| {
            entry.created.as_ref().is_some_and(|created| created.exit != 0 && created.stdout.is_empty())
        })
        .filter(|entry| why_out_of_scope("invalid", entry).is_none())
        .collect();
    assert!(refused.len() > 100, "only {} refused manifests were found", refused.len());
    let settings = ClusterSettings { nodes: NodeSource::Objects(Vec::new()), ..ClusterSettings::default() };
    let mut world = World::boot_settled(&settings).expect("a cluster without nodes");
    let learner = world.add_learner();
    for entry in refused {
        let manifest = entry.manifest.as_deref().unwrap_or_default();
        world.write_file(learner, "/tmp/m.yaml", manifest);
        let before = asked_for_revision(&world);
        let output = world.run_script(learner, "kubectl create -f /tmp/m.yaml");
        assert_ne!(output.exit, 0, "{} was taken", entry.name);
        assert_eq!(asked_for_revision(&world), before, "{} changed the world", entry.name);
    }
}
