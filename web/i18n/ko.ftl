# 앱이 하는 말입니다. 쿠버네티스의 말은 쿠버네티스가 하는 그대로 둡니다.

## Page
home = Podarium: 레슨 목록으로
where = 현재 위치
lessons = 레슨 목록
lesson = 레슨
free-play = 자유 실습
free-play-about = 노드 세 개짜리 빈 클러스터에서 무엇이든 해 볼 수 있습니다
views = 보기
view-stage = 무대
view-rollout = 롤아웃
terminal = 터미널
files = 파일
more = 더 보기
panes = 화면 구성
language-label = 영어로 보기
language-other = English
theme = 밝은 화면/어두운 화면 전환
help = 단축키와 기호
close = 닫기
close-topmost = 맨 위 창 닫기
copy = 복사
copy-name = 이름 복사
begin-anew = 새 클러스터
begin-anew-sure = 정말 지울까요? 클러스터와 파일이 사라집니다

## Start
start-title = 유리 너머로 보는 쿠버네티스
start-lead = 이 탭 안에서 클러스터 전체가 돌아갑니다. kubectl을 입력하고, 명령 하나가 무엇을 움직이는지, 왜 그런지 눈으로 확인합니다.
start-point-real = kubectl, 매니페스트, 오류 메시지 모두 쿠버네티스 v1.33과 같습니다
start-point-see = 스케줄링 결정과 원인을 하나하나 들여다볼 수 있습니다
start-point-time = 시간을 멈추고, 한 단계씩 가고, 빠르게 돌리고, 되돌립니다
minutes = { $n }분
steps-done = { $all }단계 중 { $done }단계

## Lesson
progress = 진행 상황
hint = 힌트
hint-more = 힌트 하나 더
solution = 풀이 보기
restart = 처음부터 다시
type-it = 입력하기
open-in-editor = 편집기에서 열기
lesson-done = 완료했습니다
lesson-next = 다음: { $title }

## Stage
pods = 파드
services = 서비스
control-plane = 컨트롤 플레인
you = 나
memory = 메모리
queue-title = 노드 배정 대기
queue-empty = 기다리는 파드가 없습니다
starting = 클러스터를 시작하고 있습니다
first-command = 아직 실행 중인 것이 없습니다. 첫 파드 세 개는 이렇게 만듭니다.
system-pods = 시스템 파드
room-hidden = + 시스템 { $n }
node-cordoned = 스케줄 차단
node-taints = 테인트 { $n }
etcd-detail = 리비전 { $n }
scheduler-detail = 대기열 { $n }
server-detail = 모든 요청이 지나는 곳
controllers-detail = 컨트롤 루프
phase-pending = 대기
phase-creating = 생성 중
phase-running = 실행 중
phase-not-ready = 준비 안 됨
phase-succeeded = 완료
phase-failed = 실패
phase-back-off = 백오프
phase-terminating = 종료 중
phase-unknown = 알 수 없음
phase-pending-help = 아직 노드가 없습니다
phase-creating-help = 이미지와 컨테이너를 준비하고 있습니다
phase-running-help = 실행 중이며 요청을 받습니다
phase-not-ready-help = 실행 중이지만 요청을 받지 않습니다
phase-succeeded-help = 할 일을 마쳤습니다
phase-failed-help = 실패했거나 시작할 수 없습니다
phase-back-off-help = 다시 시도하기 전에 기다립니다
phase-terminating-help = 멈추라는 지시를 받았습니다
phase-unknown-help = 노드가 응답하지 않습니다

## Rollout
deployments = 디플로이먼트
ready = 준비됨
updated = 업데이트됨
available = 사용 가능
total = 파드
paused = 일시 정지
no-deployment = 아직 디플로이먼트(Deployment)가 없습니다. 이렇게 만듭니다.
ruler = 파드 { $total }개, 사용 가능 { $available }개, 최소 { $least }개, 최대 { $most }개
least = 최소 사용 가능 { $n }
desired = 레플리카 { $n }
most = 최대 { $n }
band-empty = 파드 없음

## Inspector
about = { $name } 정보
summary = 요약
why = 이유
yaml = YAML
events = 이벤트
owners = 소유 관계
story = 내력
gone = 지금은 없습니다. 마지막 모습입니다.
owned-by = 소유자
owns = 소유한 오브젝트
no-events = 보고된 이벤트가 없습니다.
no-owners = 소유자도, 소유한 오브젝트도 없습니다.
no-story = 남아 있는 내력이 없습니다.
because = 원인:
did-create = 생성됨
did-delete = 삭제됨
did-begin-delete = 삭제 시작
did-bind = { $node } 노드에 배정됨
did-turn = { $from } → { $to }
did-scale = 레플리카 { $from } → { $to }
did-change = { $parts } 변경됨
cause-unschedulable = 받을 수 있는 노드가 없습니다: { $all }개가 모두 제외되었습니다
cause-image = { $image } 이미지를 가져올 수 없습니다
cause-exit = { $container } 컨테이너가 종료 코드 { $code }로 끝났습니다
cause-memory = { $container } 컨테이너가 메모리 한도를 넘어 강제로 종료되었습니다
cause-start = { $container } 컨테이너를 시작할 수 없습니다
cause-not-ready = { $container } 컨테이너가 실행 중이지만 준비되지 않았습니다
cause-warning = 마지막 경고: { $reason }
cause-pods = 실행할 수 없는 파드가 있습니다
cause-endpoints = 뒤에 준비된 파드가 없습니다
cause-condition = { $reason }
cause-log = 마지막 로그
try-unschedulable = 자리를 비우거나, 노드를 더하거나, 요청을 줄여 봅니다.
try-image = 이미지 이름과 태그, 접근 권한을 확인합니다.
try-exit = 로그를 읽고 명령, 인자, 설정을 고쳐 봅니다.
try-memory = 한도를 올리거나 메모리를 덜 쓰게 합니다.
try-start = 참조하는 것을 만들거나 참조를 고칩니다.
try-not-ready = 프로브의 경로와 포트, 프로그램의 응답을 확인합니다.
try-pods = 그중 하나를 골라 이유를 살펴봅니다.
try-endpoints = 셀렉터와 파드의 레이블을 견주고, 파드가 준비되었는지 봅니다.
no-decisions = 스케줄러가 아직 살펴보지 않았습니다.
no-node = 이 파드를 받을 수 있는 노드가 없습니다
chosen-node = { $node } 노드가 선택되었습니다
fits = 노드 { $all }개 중 { $fits }개가 필터를 통과했습니다.
equals = { $n }개의 점수가 같아 무작위로 하나를 골랐습니다.
chosen = 선택됨
ruled-out = 제외됨
by-plugin = 플러그인별 점수
earlier-attempts = 이전 시도 { $n }회

## Terminal and files
lower = 터미널과 파일
terminal-n = 터미널 { $n }
new-terminal = 새 터미널
close-terminal = 터미널 { $n } 닫기
helper-keys = 보조 키
split = 무대와 터미널 나누기
apply = 적용
no-files = 아직 파일이 없습니다. 하나 만들어 적용해 봅니다.
new-file = 새 파일
file-name = 파일 이름
rename-file = { $file } 이름 바꾸기
delete-file = { $file } 삭제
edit-waits = 명령이 이 파일을 기다립니다:
save = 저장하고 계속
give-up = 취소

## Time
time = 시간
clock = 클러스터가 시작된 뒤 흐른 시간
speed = 시간 속도
pause = 일시 정지
resume = 계속
pause-or-resume = 일시 정지 또는 계속
step = 한 단계 진행
skip = 다음 이벤트까지 건너뛰기
undo = 마지막 명령 되돌리기
go-to = { $time }으로 되돌리기: { $what } 실행 전
happened = 일어난 일
nothing-happened = 아직 일어난 일이 없습니다

## Help
help-shapes = 파드 기호 설명
help-keys = 단축키
next-pane = 다음 영역으로 이동
help-where = 단축키는 터미널과 입력 칸 밖에서 동작합니다. F6은 어디서나 동작합니다.

## Failure
died-title = 시뮬레이터가 멈췄습니다
died-text = 내부 오류가 났습니다. 저장된 것은 사라지지 않습니다. 마지막으로 저장된 시점에서 이어서 하거나 새 클러스터로 시작할 수 있습니다.
died-reload = 이어서 하기
died-anew = 새 클러스터
