/**
 * The pages of errors and limits, made of the tables that the code itself reads.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ERROR_TABLE, type ErrorCode } from 'noboil/errors'

const source = resolve(import.meta.dirname, '../../packages/noboil/src')
const read = (file: string): string => readFileSync(resolve(source, file), 'utf8')

/** What each code means, and what to do about it. */
const meanings: Readonly<Record<ErrorCode, readonly [when: string, then: string]>> = {
  NOT_AUTHENTICATED: ['Nobody is signed in, and somebody must be.', 'Ask the person to sign in.'],
  FORBIDDEN: [
    'The caller sees it, and may not do this.',
    'Hide the button; nothing will change it but a role.',
  ],
  NOT_FOUND: [
    'There is no such row or function, or none that the caller may know of.',
    'Treat it as gone.',
  ],
  CONFLICT: [
    'Something else was written since: `expectedUpdatedAt` or `expectedSeq` is not what is stored.',
    'Read again, decide again.',
  ],
  INVALID_KEY: [
    'A kv table names its keys, and this is none of them; or a base table’s key field does not take it.',
    'Correct the call.',
  ],
  VALIDATION_FAILED: [
    'Arguments or a payload that cannot be; also what a before-hook returned.',
    'Show the issues beside their fields.',
  ],
  RATE_LIMITED: [
    'The caller has used up their window.',
    'Try again after `retryAfter` ms: one earlier still fails.',
  ],
  LIMIT_EXCEEDED: [
    'Larger than a limit: see [limits](limits.md).',
    'Send less, or raise the limit.',
  ],
  IDEMPOTENCY_MISMATCH: [
    'The idempotency key was used for another payload, or by somebody else.',
    'Use a new key for a new append.',
  ],
  FETCH_FAILED: ['Something upstream could not be fetched.', 'Try again later.'],
  NO_FETCHER: ['The table was given nothing to fetch with.', 'Give it a fetcher.'],
  DUPLICATE: [
    'Another row has this value, and the table says it is unique.',
    'Choose another value.',
  ],
  INVALID_CURSOR: [
    'The cursor was not made by this query with these arguments.',
    'Begin again without a cursor.',
  ],
  UNSUPPORTED: [
    'This cannot be done here: a search without a search option, a call of the api from inside a transaction.',
    'Correct the app.',
  ],
  TIMEOUT: [
    'A hook, a query or an action took longer than its limit. Nothing of a transaction stays.',
    'Try again; make it faster.',
  ],
  UNAVAILABLE: [
    'The server is closing, overloaded, or cannot use its disk or its accounts; or it could not be reached.',
    'Try again after a moment.',
  ],
  UPGRADE_REQUIRED: ['The page is of another version than the server.', 'Load the page again.'],
  INTERNAL: [
    'A defect of the app or of noboil. Its message stays on the server.',
    'Look into the log for the `requestId`.',
  ],
}

export function errorsPage(): string {
  const payloads = payloadsOf(read('errors/table.ts'))
  const rows = (Object.keys(ERROR_TABLE) as ErrorCode[]).map((code) => {
    const { status, retry } = ERROR_TABLE[code]
    const [when, then] = meanings[code]
    return [
      `\`${code}\``,
      String(status),
      retry ? 'yes' : 'no',
      payloads.get(code) ?? '',
      when,
      then,
    ]
  })
  return page('Errors', errorsIntro, [
    table(['code', 'HTTP', 'retry', 'carries', 'when', 'what to do'], rows),
    errorsOutro,
  ])
}

const errorsIntro = `Everything that noboil refuses has one of these codes. The table is closed: there are no others. "Retry" says whether the same call may
succeed later without being changed.`

const errorsOutro = `## Reading them

\`\`\`ts name=reading.ts run
import { errorCode, errorData, matchError, NoboilError } from 'noboil/errors'

const error = new NoboilError('RATE_LIMITED', 'Too many.', { retryAfter: 5, max: 1, windowMs: 60_000 })

errorCode(error) // → 'RATE_LIMITED'
errorData(error) // → { code: 'RATE_LIMITED', message: 'Too many.', data: { retryAfter: 5 } }
matchError(error, { RATE_LIMITED: ({ data }) => data?.retryAfter, _: () => 0 }) // → 5

// The body of an HTTP answer, and errors of other hosts, are read alike.
errorCode({ error: { code: 'CONFLICT', message: 'Somebody was faster.', data: { updatedAt: 7 } } }) // → 'CONFLICT'
errorCode(new Error('not ours')) // → undefined
\`\`\`

Over HTTP the body is \`{ "error": { "code", "message", "data" } }\` with the status of the table. \`RATE_LIMITED\` and \`UNAVAILABLE\` also say when to come back in
the header \`Retry-After\`, in whole seconds. Throw a \`NoboilError\` in a hook or a function of your own to refuse a call with a code and a
sentence; whatever else is thrown there becomes \`INTERNAL\`, and a client is told nothing of it.

A mistake in the definition of an app (a schema that cannot be stored, an option that does not fit, a limit that cannot be) throws a
\`DefinitionError\` when the app is made or started, with a sentence. No call ever answers one.`

interface LimitGroup {
  readonly title: string
  readonly intro: string
  readonly file: string
  readonly name: string
}

const groups: readonly LimitGroup[] = [
  {
    title: 'Calls',
    intro:
      'Of every operation of every table. Over one of them is `LIMIT_EXCEEDED`, which names it.',
    file: 'factories/shared/call.ts',
    name: 'FactoryLimits',
  },
  {
    title: 'Transactions',
    intro: 'Of the host: writes, hooks, queries.',
    file: 'hosts/host.ts',
    name: 'HostLimits',
  },
  {
    title: 'Live queries',
    intro: 'Of what clients follow.',
    file: 'live/ports.ts',
    name: 'LiveLimits',
  },
  {
    title: 'Server',
    intro: 'Of HTTP, streams, sessions and background work.',
    file: 'server/limits.ts',
    name: 'ServerLimits',
  },
]

const fixed: readonly (readonly string[])[] = [
  ['characters of a search', '1,000', '`LIMIT_EXCEEDED`'],
  ['bytes of an id that is sent', '1,024', '`LIMIT_EXCEEDED`'],
  ['characters of a cursor that is sent', '4,096', '`INVALID_CURSOR`'],
  ['letters, digits and underscores of a table’s or field’s name', '63', 'refused at definition'],
  ['characters of a `zid()` field', '256', '`VALIDATION_FAILED`'],
]

export function limitsPage(): string {
  const sections = groups.map(({ title, intro, file, name }) => {
    const defaults = defaultsOf(file, name)
    const docs = docsOf(read(file), name)
    const rows = [...docs].map(([limit, text]) => [
      `\`${limit}\``,
      shownNumber(limit, defaults),
      text,
    ])
    return `## ${title}\n\n${intro}\n\n${table(['limit', 'default', 'what it bounds'], rows)}`
  })
  return page('Limits', limitsIntro, [
    ...sections,
    `## Fixed\n\n${table(['what', 'limit', 'over it'], fixed)}`,
  ])
}

const limitsIntro = `Everything is bounded. \`noboil({ limits: { … } })\` takes any of the names below. A name that is not there is refused when the app is made;
so are a number that is no whole number above 0 and numbers that contradict each other. Names
that end in \`Ms\` are milliseconds, in \`Bytes\` UTF-8 bytes, in \`Length\` UTF-16 units.

\`\`\`ts name=limits.ts run
import { noboil } from 'noboil/node'

const make = async (limits: object) => noboil({ database: 'app.db', tables: () => ({}), limits })

await make({ maxPageRows: 0 }) // ✗ The limit maxPageRows is 0; it must be a whole number above 0.
await make({ maxBodyBytes: 5 }) // ✗ maxBodyBytes is 5: at least maxPayloadBytes (262144), or no payload that large could be sent.
\`\`\``

/** The default of each limit, as the source writes it: numbers and products of numbers. */
function defaultsOf(file: string, name: string): ReadonlyMap<string, number> {
  const body = new RegExp(`default\\w*: ${name} = \\{\\n([^]*?)^\\}`, 'm').exec(read(file))?.[1]
  if (body === undefined) throw new Error(`${file} has no defaults of ${name}.`)
  const found = body.matchAll(/^ {2}(\w+): ([\d_ *]+),$/gm)
  return new Map(
    [...found].map(([, limit = '', text = '']) => [
      limit,
      text
        .split('*')
        .reduce((product, factor) => product * Number(factor.replaceAll('_', '').trim()), 1),
    ]),
  )
}

/** What the second of two limits under one comment bounds, and the first by itself. */
const apart: Readonly<Record<string, string>> = {
  maxRingLength: 'Length of the kept messages of one group.',
  maxRingTotalLength: 'Length of the kept messages of all groups.',
  maxConnections: 'Streams that are open at a time; one more is refused with `UNAVAILABLE`.',
  maxConnectionsPerCaller:
    'Streams of one caller: a user, or an address that nobody is signed in from; one more is `LIMIT_EXCEEDED`.',
  maxCachedSessions: 'Verified sessions that are kept, and as many credentials that are nobody’s.',
  headersTimeoutMs: 'How long a client may take to send the head of a request.',
  requestTimeoutMs: 'How long a client may take to send the whole of a request.',
}

/** The members of an interface with what their comments say. Throws for a comment that is made to serve twice. */
function docsOf(text: string, name: string): ReadonlyMap<string, string> {
  const body = new RegExp(`interface ${name}\\b[^]*?\\{\\n([^]*?)^\\}`, 'm').exec(text)?.[1] ?? ''
  const docs = new Map<string, string>()
  let doc = ''
  for (const [, comment, member] of body.matchAll(/\/\*\* ?([^]*?) ?\*\/|^ {2}readonly (\w+)/gm)) {
    if (comment !== undefined)
      doc = comment.replaceAll(/\s*\n\s*\* ?/g, ' ').replaceAll(/\{@link (\w+)\}/g, '`$1`')
    else if (member !== undefined) {
      const own = apart[member] ?? doc
      if (own === '')
        throw new Error(`${member} has no comment of its own: say in \`apart\` what it bounds.`)
      docs.set(member, own)
      doc = ''
    }
  }
  return docs
}

function shownNumber(limit: string, defaults: ReadonlyMap<string, number>): string {
  const value = defaults.get(limit)
  if (value === undefined) throw new Error(`${limit} has no default.`)
  return value.toLocaleString('en')
}

/** What each code carries, as its interface says it. */
function payloadsOf(text: string): ReadonlyMap<string, string> {
  const body = /interface ErrorPayloads \{\n([^]*?)^\}/m.exec(text)?.[1] ?? ''
  const members = body.matchAll(/^ {2}([A-Z_]+): (.+)$/gm)
  return new Map(
    [...members].map(([, code = '', type = '']) => [
      code,
      type
        .replaceAll('readonly ', '')
        .split(/ \| (?=\{)/)
        .map((part) => `\`${part}\``)
        .join(' or '),
    ]),
  )
}

const page = (title: string, intro: string, sections: readonly string[]): string =>
  `# ${title}\n\n${intro}\n\nThis page is written by \`node --conditions=noboil-source conformance/samples/reference.write.ts\`; a test checks that it is current.\n\n${sections.join('\n\n')}\n`

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}
