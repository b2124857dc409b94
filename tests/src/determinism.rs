//! One script, whose world must come out the same: natively, in the browser, and after saving and restoring midway.

use sandbox::{ClusterSettings, World};

/// A rollout, a loop of requests, a watch, an edit, a forced replacement, objects visited one by one, logs that are followed, programs with
/// state of their own: what a snapshot is hardest to take amid.
pub const SCRIPT: &str = r#"
kubectl create deployment web --image=nginx:1.26 --replicas=3
kubectl expose deployment web --port=80
kubectl rollout status deployment/web
(timeout 20 kubectl get pods -w --no-headers | awk '{print $3}' | sort | uniq -c) &
for i in 1 2 3 4 5 6 7 8; do curl -s -m 2 http://$(kubectl get service web -o jsonpath='{.spec.clusterIP}') | head -n 1; sleep 1; done &
kubectl set image deployment/web nginx=nginx:1.27
kubectl rollout status deployment/web
kubectl rollout undo deployment/web
wait
kubectl get pods -o wide
kubectl logs -f deployment/web &
EDITOR="sed -i s/replicas:.*/replicas:2/" kubectl edit deployment web
EDITOR="sed -i 's/replicas: 3/replicas: 2/'" kubectl edit deployment web
kubectl run once --image=busybox:1.36 --restart=Never -- sh -c 'trap "echo bye" TERM; n=0; while [ $n -lt 3 ]; do n=$((n+1)); echo $n; sleep 1; done'
kubectl get pod once -o yaml > once.yaml
kubectl wait --for=condition=Ready pod/once
kubectl replace --force -f once.yaml
kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/once
kubectl logs once | while read -r line; do sleep 1; echo "<$line>"; done | awk '{ n += length($0); at[$1] = NR } END { print n, length(at) }'
kubectl exec deployment/web -- sh -c 'for i in 1 2 3; do sleep 1; date; done' | sed -n '2{p;q}' > dates
kubectl delete pod once --now
kubectl create configmap one --from-literal=a=1 --dry-run=client -o yaml > several.yaml
for name in two three four; do echo ---; sed "s/name: one/name: $name/" several.yaml; done > more.yaml; cat more.yaml >> several.yaml
kubectl create -f several.yaml --save-config
kubectl apply -f several.yaml && kubectl apply --server-side --force-conflicts -f several.yaml -o name
kubectl label configmaps one two three tier=back && kubectl annotate configmaps --all note=seen
kubectl patch configmaps one two -p '{"data":{"a":"2"}}'
kubectl replace -f several.yaml && kubectl replace --force -f several.yaml
kubectl create deployment api --image=nginx:1.26 && kubectl set env deployment/web deployment/api A=1
kubectl set image deployment/web deployment/api nginx=nginx:1.26 && kubectl rollout restart deployment/web deployment/api
kubectl scale deployment/web deployment/api --replicas=1 && kubectl rollout undo deployment/web deployment/api
kubectl expose deployment/web deployment/api --port=8080
kubectl cordon worker-1 worker-2 && kubectl taint nodes worker-1 worker-2 a=b:NoSchedule && kubectl uncordon worker-1 worker-2
kubectl delete configmaps one two three four & kubectl delete deployment/api service/api
kubectl delete deployment web --cascade=foreground
wait
kubectl get events
"#;

/// FNV-1a over 64 bits: enough to tell worlds apart, the same everywhere.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

/// The hash of the world after the script; if asked, each time so many steps were made it is saved and restored.
///
/// # Panics
/// If a world refuses its own nodes, or cannot be restored.
#[must_use]
pub fn hash_after_script(restore_every: Option<u64>) -> u64 {
    let mut world = World::boot_settled(&ClusterSettings::default()).expect("a cluster of its own nodes");
    let learner = world.add_learner();
    let script = world.start_script(learner, SCRIPT, sandbox::HOME);
    let until = world.now() + engine::Duration::from_secs(300);
    let mut steps = 0;
    while world.step_until(until) {
        steps += 1;
        if restore_every.is_some_and(|every| steps % every == 0) {
            world = World::restore(&world.snapshot()).expect("a snapshot just taken");
        }
    }
    assert!(world.has_ended(&script), "the script ends within its time");
    hash(&world.snapshot())
}
