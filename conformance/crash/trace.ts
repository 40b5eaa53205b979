/** What a process asked of the system, in order, as strace writes it down. */

/** Places are lines of the trace. What was begun is done at its `end`. */
export type Call =
  | { readonly is: 'write'; readonly to: string; readonly bytes: string; readonly start: number }
  | { readonly is: 'sync'; readonly of: string; readonly start: number; readonly end: number }

/** Debian's, which `npm test` installs where it may. */
export const strace = 'strace'

/** What strace must write down: every way to send bytes, and every way to make them durable. */
export const straceArguments = (output: string): readonly string[] => [
  '--follow-forks',
  '--seccomp-bpf',
  '--decode-fds=path',
  '--string-limit=1048576',
  `--output=${output}`,
  '--trace=fdatasync,fsync,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,splice',
]

const syncs = new Set(['fsync', 'fdatasync'])

/** Bytes are one character each. Throws for a call that would hide what was sent. */
export function parseTrace(text: string): readonly Call[] {
  const calls: Call[] = []
  const waiting = new Map<string, { name: string; of: string; start: number }>()
  for (const [start, line] of text.split('\n').entries()) {
    const [, process = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const resumed = /^<\.\.\. (\w+) resumed>.*= (-?\d+)/.exec(rest)
    if (resumed) {
      const begun = waiting.get(process)
      waiting.delete(process)
      if (begun?.name === resumed[1] && syncs.has(begun?.name ?? '') && resumed[2] === '0') {
        calls.push({ is: 'sync', of: begun?.of ?? '', start: begun?.start ?? start, end: start })
      }
      continue
    }
    const [, name = '', of = '', after = ''] = /^(\w+)\(\d+<(.*?)>(.*)$/.exec(rest) ?? []
    if (name === '') continue
    const isUnfinished = rest.endsWith('<unfinished ...>')
    if (isUnfinished) waiting.set(process, { name, of, start })
    if (syncs.has(name)) {
      if (!isUnfinished && rest.endsWith(' = 0')) calls.push({ is: 'sync', of, start, end: start })
    } else if (['sendfile', 'splice'].includes(name)) {
      throw new Error(`The process sends by ${name}, whose bytes a trace does not show.`)
    } else calls.push({ is: 'write', to: of, bytes: textOf(after), start })
  }
  return calls
}

/** Marks that left the process on a socket before the commit that holds them was durable; each as a sentence. */
export function untimely(
  calls: readonly Call[],
  file: string,
  marksIn: (bytes: string) => readonly string[],
): readonly string[] {
  const durableAt = new Map<string, number | undefined>()
  const problems: string[] = []
  for (const [at, call] of calls.entries()) {
    if (call.is !== 'write' || !call.to.startsWith('socket:')) continue
    for (const mark of marksIn(call.bytes)) {
      if (!durableAt.has(mark)) durableAt.set(mark, whenDurable(calls, file, mark, at))
      const durable = durableAt.get(mark)
      if (durable === undefined || durable >= call.start) {
        problems.push(`line ${call.start} tells of ${mark}, whose commit was not yet synchronised`)
      }
    }
  }
  return problems
}

/** How many commits the log of the database holds. */
export const commitsIn = (calls: readonly Call[], file: string): number =>
  calls.filter((call) => isCommit(call, file)).length

/**
 * The end of the first synchronisation after the commit after the first page with the mark; `before` a place among the calls.
 *
 * (A frame of the log is a header of 24 bytes and a page; the header of a commit's last frame says in its second word how large
 * the database is, and 0 in all others: https://sqlite.org/fileformat2.html#the_write_ahead_log)
 */
function whenDurable(
  calls: readonly Call[],
  file: string,
  mark: string,
  before: number,
): number | undefined {
  const earlier = calls.slice(0, before)
  const page = earlier.findIndex(
    (call) => call.is === 'write' && call.to === `${file}-wal` && call.bytes.includes(mark),
  )
  if (page < 0) return undefined
  // The header of the page itself comes just before it.
  const commit = earlier.findIndex((call, at) => at >= page - 1 && isCommit(call, file))
  if (commit < 0) return undefined
  const lastPage = earlier[commit + 1]?.start ?? Infinity
  const sync = earlier.find(
    (call) => call.is === 'sync' && call.of === `${file}-wal` && call.start > lastPage,
  )
  return sync?.is === 'sync' ? sync.end : undefined
}

const isCommit = (call: Call, file: string): boolean =>
  call.is === 'write' &&
  call.to === `${file}-wal` &&
  call.bytes.length === 24 &&
  call.bytes.slice(4, 8) !== '\0\0\0\0'

/** All texts of a call's arguments, one after another. */
function textOf(rest: string): string {
  let text = ''
  for (const [, quoted = '', cut] of rest.matchAll(/"((?:[^"\\]|\\.)*)"(\.\.\.)?/g)) {
    if (cut !== undefined) throw new Error('The trace cuts off what was written.')
    text += unescaped(quoted)
  }
  return text
}

const named: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  v: '\v',
  f: '\f',
  '"': '"',
  '\\': '\\',
}

const unescaped = (quoted: string): string =>
  quoted.replaceAll(/\\(?:([0-7]{1,3})|x([0-9a-f]{2})|(.))/g, (_, octal, hex, letter) => {
    if (octal !== undefined) return String.fromCharCode(parseInt(octal as string, 8))
    if (hex !== undefined) return String.fromCharCode(parseInt(hex as string, 16))
    return named[letter as string] ?? (letter as string)
  })
