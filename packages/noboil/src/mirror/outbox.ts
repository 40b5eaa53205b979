/**
 * Marks kept in the app's own database: a type is marked in the very commit that changes it, so that a crash between the change and
 * the telling loses nothing.
 */
import {
  batch,
  get,
  increment,
  insert,
  now,
  patch,
  program,
  type Program,
  range,
  remove,
} from '../program/program.ts'
import { column, type Layout } from '../schema/layout.ts'
import type { Mark, MirrorStore, Sent } from './ports.ts'

export interface MarkRow extends Mark {
  /** Up to which revision this deployment's own cache is known to have forgotten. */
  readonly cleared: number
}

export const marksLayout: Layout<MarkRow> = {
  name: '_cache_marks',
  columns: {
    origin: column.text,
    type: column.text,
    revision: column.integer,
    hops: column.integer,
    cleared: column.integer,
  },
  key: ['origin', 'type'],
  id: 'none',
  indexes: {},
  internal: true,
}

const sentLayout: Layout<Sent> = {
  name: '_mirror_sent',
  columns: {
    target: column.text,
    origin: column.text,
    type: column.text,
    revision: column.integer,
  },
  key: ['target', 'origin', 'type'],
  id: 'none',
  indexes: {},
  internal: true,
}

interface AppliedRow {
  readonly origin: string
  readonly type: string
  readonly revision: number
  /** When, ms since the epoch: origins that have long been silent are forgotten first. */
  readonly at: number
}

const appliedLayout: Layout<AppliedRow> = {
  name: '_mirror_applied',
  columns: {
    origin: column.text,
    type: column.text,
    revision: column.integer,
    at: column.integer,
  },
  key: ['origin', 'type'],
  id: 'none',
  indexes: { by_at: { columns: ['at'] } },
  internal: true,
}

export const mirrorLayouts: readonly Layout[] = [marksLayout, sentLayout, appliedLayout]

/** Where the outbox runs its programs. */
export interface OutboxHost {
  read<result>(program: () => Program<result>): Promise<{ readonly value: result }>
  write<result>(program: () => Program<result>): Promise<{ readonly value: result }>
}

/** Rows of each kind; every restored history of every deployment that ever told this one leaves some. */
const maxRows = 10_000

export class Outbox implements MirrorStore {
  readonly #host: OutboxHost

  constructor(host: OutboxHost) {
    this.#host = host
  }

  async load(): Promise<{ readonly marks: readonly MarkRow[]; readonly sent: readonly Sent[] }> {
    const { value } = await this.#host.read(loadAll)
    return value
  }

  async mark(type: string): Promise<Mark> {
    return (await this.#host.write(() => markOne(type))).value
  }

  async sent(sent: Sent): Promise<void> {
    await this.#host.write(() => keepSent(sent))
  }

  /** The cache has forgotten everything up to this mark. */
  async cleared(type: string, revision: number): Promise<void> {
    await this.#host.write(() => keepCleared(type, revision))
  }

  async applied(
    origins: readonly string[],
  ): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
    return (await this.#host.read(() => appliedOf(origins))).value
  }

  async apply(mark: Mark, relay: boolean): Promise<boolean> {
    return (await this.#host.write(() => applyOne(mark, relay))).value
  }
}

/** Marks types in a transaction of somebody else's. */
export const markTypes: (types: Iterable<string>) => Program<void> = program(function* (types) {
  for (const type of types) yield* increment(marksLayout, ['', type], { revision: 1 })
})

const markOne: (type: string) => Program<Mark> = program(function* (type) {
  return yield* increment(marksLayout, ['', type], { revision: 1 })
})

const loadAll: () => Program<{ marks: readonly MarkRow[]; sent: readonly Sent[] }> = program(
  function* () {
    const [marks, sent] = yield* batch(
      range(marksLayout, '', [], { limit: maxRows }),
      range(sentLayout, '', [], { limit: maxRows }),
    )
    return { marks, sent }
  },
)

const keepSent: (sent: Sent) => Program<void> = program(function* (sent) {
  const row = yield* get(sentLayout, [sent.target, sent.origin, sent.type])
  if (row === null) yield* insert(sentLayout, sent)
  else if (row.revision < sent.revision) {
    yield* patch(sentLayout, row, { revision: sent.revision })
  }
})

const keepCleared: (type: string, revision: number) => Program<void> = program(
  function* (type, revision) {
    const row = yield* get(marksLayout, ['', type])
    if (row !== null && row.cleared < revision) {
      yield* patch(marksLayout, row, { cleared: revision })
    }
  },
)

const appliedOf: (
  origins: readonly string[],
) => Program<Readonly<Record<string, Readonly<Record<string, number>>>>> = program(
  function* (origins) {
    const applied: Record<string, Record<string, number>> = {}
    for (const origin of origins) {
      const rows = yield* range(appliedLayout, '', [origin], { limit: maxRows })
      applied[origin] = Object.fromEntries(rows.map(({ type, revision }) => [type, revision]))
    }
    return applied
  },
)

const applyOne: (mark: Mark, relay: boolean) => Program<boolean> = program(function* (mark, relay) {
  const { origin, type, revision, hops } = mark
  const at = yield* now()
  const [row, marked] = yield* batch(
    get(appliedLayout, [origin, type]),
    get(marksLayout, [origin, type]),
  )
  if (row !== null && row.revision >= revision) return false
  if (row !== null) yield* patch(appliedLayout, row, { revision, at })
  else {
    yield* insert(appliedLayout, { origin, type, revision, at })
    yield* forgetOldest()
  }
  if (!relay) return true
  if (marked === null) yield* insert(marksLayout, { origin, type, revision, hops, cleared: 0 })
  else if (marked.revision < revision) yield* patch(marksLayout, marked, { revision, hops })
  return true
})

/** Every so often the origin that has been silent longest makes room. */
const forgetOldest: () => Program<void> = program(function* () {
  const rows = yield* range(appliedLayout, 'by_at', [], { limit: maxKept + 1 })
  if (rows.length <= maxKept) return
  const oldest = rows[0] as AppliedRow
  yield* remove(appliedLayout, oldest)
  const mark = yield* get(marksLayout, [oldest.origin, oldest.type])
  if (mark !== null) yield* remove(marksLayout, mark)
})

/** Applied rows that are kept. */
const maxKept = 2_000
