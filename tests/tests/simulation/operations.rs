//! What may be done to the cluster, as a learner would type it.

use engine::Random;
use sandbox::{ContextId, World};

use super::pick;

/// Names the only seed to play.
pub const ONE_SEED: &str = "SIMULATION_SEED";

/// `{n}` is one of three names, `{i}` a version, `{r}` a number of replicas, `{w}` a worker, `{s}` and `{u}` how far a rollout may go.
const SCRIPTS: &[&str] = &[
    "kubectl create deployment web-{n} --image=nginx:1.2{i} --replicas={r}",
    "kubectl apply -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-{n}}
spec:
  replicas: {r}
  minReadySeconds: {i}
  revisionHistoryLimit: 2
  selector: {matchLabels: {app: web-{n}}}
  strategy: {rollingUpdate: {maxSurge: {s}, maxUnavailable: {u}}}
  template:
    metadata: {labels: {app: web-{n}}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.2{i}
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
        resources: {requests: {cpu: 300m, memory: 200Mi}}
END",
    // Not over ReplicaSets that another left: two of them with pods keep it from ever beginning, in Kubernetes too.
    "kubectl get replicasets -l app=web-{n} -o name | grep -q . || kubectl create -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-{n}}
spec:
  replicas: {r}
  selector: {matchLabels: {app: web-{n}}}
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: web-{n}}}
    spec: {containers: [{name: nginx, image: 'nginx:1.2{i}'}]}
END",
    "kubectl expose deployment web-{n} --port=80",
    "kubectl create service clusterip web-{n} --clusterip=None",
    "kubectl delete service web-{n}",
    "kubectl patch service web-{n} -p '{\"spec\":{\"publishNotReadyAddresses\":true}}'",
    "kubectl scale deployment web-{n} --replicas={r}",
    "kubectl scale deployment web-{n} --replicas={r}",
    "kubectl set image deployment web-{n} nginx=nginx:1.2{i}",
    "kubectl set image deployment web-{n} nginx=nginx:1.2{i}",
    "kubectl set image deployment web-{n} nginx=nginx:none",
    "kubectl set resources deployment web-{n} --requests=cpu=1{i}00m",
    "kubectl rollout restart deployment web-{n}",
    "kubectl rollout undo deployment web-{n}",
    "kubectl rollout undo deployment web-{n} --to-revision={i}",
    "kubectl rollout pause deployment web-{n}",
    "kubectl rollout resume deployment web-{n}",
    "kubectl delete deployment web-{n} --wait=false",
    "kubectl delete deployment web-{n} --wait=false --cascade=foreground",
    "kubectl delete deployment web-{n} --wait=false --cascade=orphan",
    "kubectl delete replicasets -l app=web-{n} --wait=false",
    "kubectl delete pod --wait=false $(kubectl get pods -o name -l app=web-{n} | head -n 1 | cut -d/ -f2)",
    "kubectl delete pod --force --grace-period=0 $(kubectl get pods -o name -l app=web-{n} | tail -n 1 | cut -d/ -f2)",
    "kubectl delete pods --wait=false -l app=web-{n}",
    "kubectl label $(kubectl get pods -o name -l app=web-{n} | head -n 1) app-",
    "kubectl label $(kubectl get pods -o name -l app=web-{n} | head -n 1) app=stray --overwrite",
    "kubectl label $(kubectl get pods -o name -l app=stray | head -n 1) app=web-{n} --overwrite",
    "kubectl exec $(kubectl get pods -o name -l app=web-{n} | head -n 1) -- kill 1",
    "kubectl run solo-{n} --image=busybox:1.36 --restart=OnFailure -- sleep {r}",
    "kubectl delete pod solo-{n} --wait=false",
    "kubectl cordon worker-{w}",
    "kubectl uncordon worker-{w}",
    "timeout 5 kubectl drain worker-{w} --ignore-daemonsets --delete-emptydir-data --force",
    "kubectl taint nodes worker-{w} hold=yes:NoExecute",
    "kubectl taint nodes worker-{w} hold-",
    "kubectl taint nodes worker-{w} soft=yes:PreferNoSchedule",
    "kubectl label nodes worker-{w} disk=ssd --overwrite",
    "kubectl patch deployment web-{n} -p '{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{\"disk\":\"ssd\"}}}}}'",
    "kubectl create namespace side-{n}",
    "kubectl create deployment web-{n} -n side-{n} --image=nginx:1.2{i} --replicas=2",
    "kubectl delete namespace side-{n} --wait=false",
];

/// What ends the game: whatever kept pods from their place or from starting goes, so that all that is asked for can be.
const MEND: &[&str] = &[
    "kubectl uncordon worker-1 worker-2 worker-3",
    "kubectl taint nodes --all hold-",
    "kubectl taint nodes --all soft-",
    "kubectl label nodes worker-1 disk=ssd --overwrite",
    "kubectl rollout resume deployment web-0",
    "kubectl rollout resume deployment web-1",
    "kubectl rollout resume deployment web-2",
    "for n in 0 1 2; do kubectl set resources deployment web-$n --requests=cpu=50m; kubectl set image deployment web-$n nginx=nginx:1.26; done",
    "for n in 0 1 2; do kubectl get deployment web-$n || kubectl delete replicasets -l app=web-$n --wait=false; done",
    "kubectl delete pods --wait=false -l app=stray",
    "kubectl delete pods --wait=false -l '!app'",
    "kubectl delete pod solo-0 solo-1 solo-2 --wait=false",
    "kubectl delete namespace side-0 side-1 side-2 --wait=false",
];

/// A player at a terminal.
pub struct Game {
    learner: ContextId,
    pub random: Random,
}

impl Game {
    pub fn new(world: &mut World, seed: u64) -> Self {
        Self { learner: world.add_learner(), random: Random::new(seed) }
    }

    /// Does something. Much of it is refused (there is no such Deployment, or there is one already): that is part of the game.
    pub fn operate(&mut self, world: &mut World) {
        let random = &mut self.random;
        let bound = |number: u64| ["0", "1", "2", "25%", "50%", "100%"][number as usize];
        // Both may not be 0.
        let (surge, unavailable) = [(1, 0), (0, 1), (2, 1), (3, 3), (4, 0), (0, 5)][pick(random, 6) as usize];
        let script = SCRIPTS[pick(random, SCRIPTS.len() as u64) as usize]
            .replace("{n}", &pick(random, 3).to_string())
            .replace("{i}", &(6 + pick(random, 2)).to_string())
            .replace("{r}", &pick(random, 6).to_string())
            .replace("{w}", &(1 + pick(random, 3)).to_string())
            .replace("{s}", bound(surge))
            .replace("{u}", bound(unavailable));
        self.run(world, &script);
    }

    #[expect(clippy::print_stderr, reason = "one game is played to be watched")]
    fn run(&self, world: &mut World, script: &str) {
        let ran = world.run_script(self.learner, script);
        if std::env::var_os(ONE_SEED).is_some() {
            let said = [ran.stdout, ran.stderr].concat();
            eprintln!("{:?} {script}\n{}", world.now(), String::from_utf8_lossy(&said));
        }
    }

    /// Takes away what is in the way.
    pub fn mend(&mut self, world: &mut World) {
        for script in MEND {
            self.run(world, script);
        }
    }

    /// What has become of it, for whoever plays one game.
    pub fn show(&self, world: &mut World) {
        if std::env::var_os(ONE_SEED).is_some() {
            self.run(world, "kubectl get nodes; kubectl get deploy,rs,pods,svc -A -o wide; kubectl get events -A | tail -n 40");
        }
    }
}
