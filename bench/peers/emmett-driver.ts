/**
 * emmett-sqlite as it is configured here: one connection made with its `sqliteConnection` (which sets WAL), kept for all appends by
 * `connectionOptions: { singleton: true, connection }`; `synchronous` FULL (its driver's default, checked), checkpoint and page
 * cache as for the hand-written contestants; default schema and auto-migration; no projections, no hooks, no expected version.
 *
 * Installed apart (`npm ci` in this folder): its driver compiles for a minute where no prebuilt one can be fetched.
 */
import { AUTOCHECKPOINT_PAGES, CACHE_KIB } from '../floor/store.ts'
import { type Ballot, makeIds, PARENTS } from '../workload.ts'

export interface Opened {
  /** Settles when the event store says so; answers the position in the stream. */
  readonly append: (ballot: Ballot) => Promise<number>
  /** Whether a second connection sees an event of this parent. */
  readonly isCommitted: (parentIndex: number) => Promise<boolean>
  readonly close: () => Promise<void>
}

/** Without `keepConnection` the store opens a connection per call, as it does by default. */
export async function openEmmett(fileName: string, keepConnection: boolean): Promise<Opened> {
  // Optional, so not known to the type checker: the name is a variable.
  const name: string = '@event-driven-io/emmett-sqlite'
  const emmett = (await import(name).catch(() => {
    throw new Error('emmett-sqlite is not installed: run `npm ci` in bench/peers')
  })) as Emmett
  const connection = emmett.sqliteConnection({ fileName })
  for (const setting of [
    'synchronous = FULL',
    `wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`,
    `cache_size = -${CACHE_KIB}`,
  ])
    await connection.command(`PRAGMA ${setting}`)
  const durability = (await connection.querySingle('PRAGMA synchronous'))?.['synchronous']
  if (durability !== 2) throw new Error(`synchronous is ${String(durability)}, not FULL`)
  const reader = emmett.sqliteConnection({ fileName })
  const store = emmett.getSQLiteEventStore({
    fileName,
    ...(keepConnection ? { connectionOptions: { singleton: true, connection } } : {}),
  })
  await store.schema.migrate()
  return {
    append: async ({ parentIndex, optionIdx, voter }) => {
      const event = { type: 'VoteCast', data: { optionIdx, voter } }
      const answer = await store.appendToStream(STREAMS[parentIndex] ?? '', [event])
      return Number(answer.nextExpectedStreamVersion)
    },
    isCommitted: async (parentIndex) => {
      const sql = 'SELECT 1 FROM emt_messages WHERE stream_id = ?'
      // Its types promise null for no row; the driver gives undefined.
      return Boolean(await reader.querySingle(sql, [STREAMS[parentIndex] ?? '']))
    },
    close: async () => {
      reader.close()
      connection.close()
    },
  }
}

const STREAMS: readonly string[] = makeIds('poll', PARENTS).map((id) => `poll-${id.slice(5)}`)

/** The part of the two packages that is used here. They are optional, so their own types may be absent. */
interface Emmett {
  sqliteConnection(options: { fileName: string }): Connection
  getSQLiteEventStore(options: {
    fileName: string
    connectionOptions?: { singleton: true; connection: Connection }
  }): EventStore
}

interface Connection {
  command(sql: string): Promise<unknown>
  querySingle(
    sql: string,
    values?: readonly string[],
  ): Promise<Record<string, unknown> | null | undefined>
  close(): void
}

interface EventStore {
  appendToStream(
    stream: string,
    events: readonly { type: string; data: object }[],
  ): Promise<{ nextExpectedStreamVersion: bigint }>
  schema: { migrate(): Promise<void> }
}
