# The app's own words in English. Kubernetes's words stay as Kubernetes says them.

## Page
home = Podarium: to the lessons
where = Where you are
lessons = Lessons
lesson = Lesson
free-play = Free play
free-play-about = An empty cluster with three nodes, to try whatever you like
views = Views
view-stage = Stage
view-rollout = Rollout
terminal = Terminal
files = Files
more = More
panes = Parts of the page
language-label = Read in Korean
language-other = 한국어
theme = Light or dark
help = Keys and symbols
close = Close
close-topmost = Close what is open
copy = Copy
copy-name = Copy the name
begin-anew = New cluster
begin-anew-sure = Really? Cluster and files go

## Start
start-title = A Kubernetes cluster under glass
start-lead = A whole cluster runs in this tab. Type kubectl at it, watch what each command sets in motion, and see why.
start-point-real = kubectl, manifests and error messages as in Kubernetes v1.33
start-point-see = Every scheduling decision and every cause can be looked at
start-point-time = Hold time, step through it, speed it up, undo
minutes = { $n } min
steps-done = { $done } of { $all } steps

## Lesson
progress = Progress
hint = Hint
hint-more = Another hint
solution = Show solution
restart = Restart lesson
type-it = Type it
open-in-editor = Open in editor
lesson-done = Done
lesson-next = Next: { $title }

## Stage
pods = pods
services = Services
control-plane = Control plane
you = you
memory = Memory
queue-title = Waiting for a node
queue-empty = No pod is waiting
starting = The cluster is starting
first-command = Nothing runs here yet. This makes the first three pods:
system-pods = System pods
room-hidden = + { $n } system
node-cordoned = cordoned
node-taints = taints: { $n }
etcd-detail = revision { $n }
scheduler-detail = { $n } in the queue
server-detail = every request passes here
controllers-detail = control loops
phase-pending = Pending
phase-creating = Creating
phase-running = Running
phase-not-ready = Not ready
phase-succeeded = Completed
phase-failed = Failed
phase-back-off = Back-off
phase-terminating = Terminating
phase-unknown = Unknown
phase-pending-help = has no node yet
phase-creating-help = image and containers are on their way
phase-running-help = runs and is ready for requests
phase-not-ready-help = runs, but gets no requests
phase-succeeded-help = has done its work
phase-failed-help = failed, or cannot start
phase-back-off-help = waits before the next try
phase-terminating-help = has been told to stop
phase-unknown-help = its node does not answer

## Rollout
deployments = Deployments
ready = Ready
updated = Updated
available = Available
total = Pods
paused = paused
no-deployment = There is no Deployment yet. This makes one:
ruler = { $total } pods, { $available } available; at least { $least }, at most { $most }
least = min available { $n }
desired = replicas { $n }
most = max { $n }
band-empty = no pods

## Inspector
about = About { $name }
summary = Summary
why = Why
yaml = YAML
events = Events
owners = Owners
story = Story
gone = It no longer exists. This is how it was last.
owned-by = Owned by
owns = Owns
no-events = No events have been reported.
no-owners = It has no owner and owns nothing.
no-story = Its history is no longer kept.
because = because:
did-create = created
did-delete = deleted
did-begin-delete = deletion began
did-bind = bound to { $node }
did-turn = { $from } → { $to }
did-scale = replicas { $from } → { $to }
did-change = { $parts } changed
cause-unschedulable = No node can take it: all { $all } are ruled out
cause-image = The image { $image } cannot be pulled
cause-exit = Container { $container } ended with exit code { $code }
cause-memory = Container { $container } was killed: it used more memory than its limit
cause-start = Container { $container } cannot be started
cause-not-ready = Container { $container } runs, but is not ready
cause-warning = Last warning: { $reason }
cause-pods = Some of its pods cannot run
cause-endpoints = No ready pod stands behind it
cause-condition = { $reason }
cause-log = Last log lines
try-unschedulable = Make room, add a node, or ask for less.
try-image = Check the image's name and tag, and whether it may be pulled.
try-exit = Read its log, then correct its command, arguments or configuration.
try-memory = Raise the limit, or have it use less.
try-start = Make what it refers to, or correct the reference.
try-not-ready = Check the probe's path and port, and what the program answers.
try-pods = Pick one of them to see why.
try-endpoints = Compare the selector with the pods' labels, and see whether they are ready.
no-decisions = The scheduler has not looked at it.
no-node = No node can take it
chosen-node = { $node } was chosen
fits = { $fits } of { $all } nodes pass the filters.
equals = { $n } scored the same; one was drawn.
chosen = chosen
ruled-out = ruled out
by-plugin = Scores by plugin
earlier-attempts = Earlier attempts: { $n }

## Terminal and files
lower = Terminal and files
terminal-n = Terminal { $n }
new-terminal = New terminal
close-terminal = Close terminal { $n }
helper-keys = Helper keys
split = Divide stage and terminal
apply = Apply
no-files = No files yet. Make one, and apply it.
new-file = New file
file-name = File name
rename-file = Rename { $file }
delete-file = Delete { $file }
edit-waits = A command waits for this file:
save = Save and continue
give-up = Cancel

## Time
time = Time
clock = Time since the cluster began
speed = Speed of time
pause = Pause
resume = Resume
pause-or-resume = Pause or resume
step = One step
skip = To the next event
undo = Undo the last command
go-to = Back to { $time }, before: { $what }
happened = What happened
nothing-happened = Nothing has happened yet

## Help
help-shapes = A pod's symbols
help-keys = Keys
next-pane = To the next part of the page
help-where = Keys work outside the terminal and text fields. F6 works everywhere.

## Failure
died-title = The simulator stopped
died-text = It hit an internal error. Nothing saved is lost: continue from the last save, or start with a new cluster.
died-reload = Go on
died-anew = New cluster
