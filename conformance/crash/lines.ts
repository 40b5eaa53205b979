/** What a child process and its parent tell each other: a job on standard input, lines of JSON on descriptor 3. */
import { readFileSync, writeSync } from 'node:fs'

/** One write, as it is sent and as it must be found. Marks are never used twice. */
export type Write =
  | {
      readonly do: 'append'
      readonly user: string
      readonly board: string
      /** The idempotency key as well. */
      readonly mark: string
      readonly choice: number
      readonly ballast?: string
    }
  | {
      readonly do: 'bulk'
      readonly user: string
      readonly board: string
      readonly marks: readonly string[]
      readonly choice: number
    }
  | {
      readonly do: 'move'
      readonly user: string
      readonly mark: string
      readonly from: string
      readonly to: string
    }
  | {
      readonly do: 'card'
      readonly user: string
      readonly board: string
      readonly mark: string
    }
  | { readonly do: 'board'; readonly user: string; readonly mark: string }
  | { readonly do: 'set'; readonly user: string; readonly key: string; readonly n: number }
  | { readonly do: 'upsert'; readonly user: string; readonly n: number }
  | { readonly do: 'spend'; readonly user: string; readonly cost: number }
  | { readonly do: 'purge'; readonly user: string; readonly board: string }

/** What happened in the child, in order. `sent` comes before the call is made, `acknowledged` after it was answered. */
export type Line =
  | { readonly is: 'open'; readonly port?: number; readonly pid?: number }
  | { readonly is: 'sent'; readonly id: number; readonly write: Write }
  | { readonly is: 'acknowledged'; readonly id: number; readonly value: unknown }
  | {
      readonly is: 'refused'
      readonly id: number
      readonly code: string | undefined
      readonly message: string
    }
  /** The commit of the `move` with this mark is durable; the process may end before it is acknowledged. */
  | { readonly is: 'durable'; readonly mark: string }
  | { readonly is: 'survey'; readonly survey: Survey }
  /** The app could not be opened. */
  | { readonly is: 'shut'; readonly code: string | undefined; readonly message: string }

export interface EntryRow {
  readonly seq: number
  readonly user: string
  readonly mark: string
  readonly choice: number
  readonly key: string | undefined
}

export interface LogTotals {
  readonly log: string
  readonly board: string
  readonly rows: number
  readonly lowest: number
  readonly highest: number
  /** What the head of the log says. */
  readonly head: { readonly seq: number; readonly live: number; readonly total: number }
}

export interface WindowTotals {
  readonly bucket: string
  readonly owner: string
  readonly total: number
  readonly lastAt: number
  /** Of the stamps: the highest total, the latest time, and how many go back in time. */
  readonly stampTotal: number
  readonly stampAt: number
  readonly stampsBack: number
}

/** Everything that a database holds, as an app reads it and as its file says. Boards and marks by name. */
export interface Survey {
  readonly integrity: readonly string[]
  readonly entries: Readonly<Record<string, readonly EntryRow[]>>
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly twins: Readonly<Record<string, readonly string[]>>
  readonly cards: Readonly<Record<string, readonly string[]>>
  /** Slug by id. */
  readonly boards: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, number>>
  readonly profiles: Readonly<Record<string, number>>
  readonly logs: readonly LogTotals[]
  readonly windows: readonly WindowTotals[]
  /** How many rows reads of each trail answer. */
  readonly trails: Readonly<Record<string, number>>
  /** How often a search finds each mark that was asked for. */
  readonly found: Readonly<Record<string, number>>
  /** Rows in the file: of background work that has yet to be done, and of trails. */
  readonly scheduled: number
  readonly trailRows: number
}

/** What a child is to do. */
export interface Job {
  readonly file: string
  /** Makes marks unique. */
  readonly life: number
  readonly seed: number
  /** Where rows are written; made when there are none. */
  readonly boards: readonly string[]
  /** Sent before anything else, each once more under its own key. */
  readonly retry: readonly Extract<Write, { do: 'append' }>[]
  readonly search: readonly string[]
  /** `none`: background work is waited for, there is a second survey, and the app closes. */
  readonly load: 'heavy' | 'none'
  /** The child ends itself at this point, the `after`th time it comes there. */
  readonly endsAt?: { readonly point: 'transaction' | 'commit'; readonly after: number }
  /** Bytes that each append carries beside its mark. */
  readonly ballastBytes?: number
  /** Stops after so many acknowledged writes. */
  readonly maxWrites?: number
  /** The child becomes this user of the system before it opens the file. */
  readonly uid?: number
}

/** Synchronous: once this returns, the system holds the line, whatever happens to the process. */
export function tell(line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length;) at += writeSync(3, bytes, at)
}

/** The job, from standard input. */
export const readJob = <job>(): job => JSON.parse(readFileSync(0, 'utf8')) as job
