// What runs on the host: a small script around the command, sent over standard input, that lets nothing outlive its connection.
import type { Asked } from '../command/client.ts';

/** How the script speaks of itself on standard error, between what the command says there. */
export interface Marks {
  readonly begun: string;
  /** Followed by the exit code. */
  readonly ended: string;
  readonly noSetsid: string;
}

/** The marks of one run; `nonce` is like no text that a command would say. */
export function marksOf(nonce: string): Marks {
  return {
    begun: `backout-begun-${nonce}`,
    ended: `backout-ended-${nonce}-`,
    noSetsid: `backout-no-setsid-${nonce}`,
  };
}

/**
 * What the login shell of the user is told. It is always the same but for the nonce and has neither quotes inside nor
 * exclamation marks nor line breaks, so that sh, bash, zsh, fish and csh understand the same by it. All that the plan says
 * comes afterwards over standard input, where no shell reads it as a command line and no process list shows it. What was cut
 * off on its way is not run.
 */
export function launcher(nonce: string): string {
  const read = `while IFS= read -r l;do [ "$l" = "#${nonce}" ]&&{ e=1;break; };s=$s$l$n;done`;
  const script = `n=$(printf "\\n_");n=\${n%_};s=;e=;${read};[ "$e" ]||exit 255;eval "$s"`;
  return `exec /bin/sh -c '${script}'`;
}

/** EX_OSFILE of sysexits.h: neither "holds" nor "differs". */
const noSuchFolder = 72;

/** Ends a whole group: asked first, a second later made to. */
const endGroup = `kill -TERM -"$1" 2>/dev/null;sleep 1;kill -KILL -"$1" 2>/dev/null`;

/**
 * The command runs in a session of its own. One watcher ends it when standard input does, which is when the connection is
 * gone; another when its time is over, should the connection only seem to be there.
 */
export function remoteScript(asked: Asked, nonce: string, secondsMax: number): string {
  const { argv, cwd, environment = {}, input = '' } = asked;
  const marks = marksOf(nonce);
  const lines = [
    `say() { printf '\\n%s\\n' "$1" >&2; }`,
    `command -v setsid >/dev/null || { say ${marks.noSetsid}; exit 0; }`,
    `say ${marks.begun}`,
    ...(cwd === undefined
      ? []
      : [`cd -- ${quoted(cwd)} || { say ${marks.ended}${noSuchFolder}; exit 0; }`]),
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`),
    'exec 3<&0',
    // The inner shell tells by 127 that there is no such program; old versions of setsid say 1, which could mean "differs".
    `printf %s ${quoted(input)} 2>/dev/null | setsid sh -c 'exec "$@"' x ${argv.map(quoted).join(' ')} 3<&- &`,
    'p=$!',
    `setsid sh -c 'while read -r x;do :;done;${endGroup}' x $p <&3 >/dev/null 2>&1 3<&- &`,
    'w=$!',
    `setsid sh -c 'sleep ${secondsMax};${endGroup}' x $p </dev/null >/dev/null 2>&1 3<&- &`,
    't=$!',
    'exec 3<&-',
    'wait $p; c=$?',
    // What the command has left running behind it ends with it.
    'if kill -TERM -$p 2>/dev/null; then sleep 1; kill -KILL -$p 2>/dev/null; fi',
    'kill -KILL -$w -$t 2>/dev/null',
    `say ${marks.ended}$c`,
    'exit 0',
  ];
  return `${lines.join('\n')}\n#${nonce}\n`;
}

/** One word for a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
