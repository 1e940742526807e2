// The guardian: outlives a node that was killed just long enough to end the commands that it left behind.
//
// A command runs in a process group of its own, so that it can be ended as a whole; the kernel does not end it with the
// node. Without this, a step that another node takes over could meet the old command still at work on the same system.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';

type Guardian = ChildProcessByStdio<Writable, null, null>;

/**
 * Reads `+ <group>` and `- <group>`, a line each, until its input ends, which it does when the node is gone, however it
 * went. Then the groups that are left are asked to end, and a second later made to.
 */
const program = `groups=' '
while read -r sign group; do
  case "$sign" in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s TERM -- "-$group"; done
[ -n "\${groups# }" ] && sleep 1
for group in $groups; do kill -s KILL -- "-$group"; done`;

let guardian: Guardian | null = null;

/** From now on the group of this leader ends with this process. */
export function guard(group: number): void {
  write(`+ ${group}\n`);
}

/** The group has ended; its number may come back as somebody else's. */
export function unguard(group: number): void {
  write(`- ${group}\n`);
}

function write(line: string): void {
  guardian ??= start();
  guardian.stdin.write(line);
}

/** In a session of its own, so that what ends the node's group does not end it. It keeps nobody from ending. */
function start(): Guardian {
  const child = spawn('/bin/sh', ['-c', program], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const forget = (): void => {
    if (guardian === child) guardian = null;
  };
  child.on('error', forget);
  child.once('exit', forget);
  child.stdin.on('error', forget);
  child.unref();
  // A pipe is a socket to Node, which can be let go; its type does not say so.
  (child.stdin as Writable & { readonly unref?: () => void }).unref?.();
  return child;
}
