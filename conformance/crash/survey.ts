/** Reads everything that a database holds: through the app, and from the file where only the file can say. */
import { DatabaseSync } from 'node:sqlite'
import { type CrashApp, userNames, userOf } from './app.ts'
import type { EntryRow, LogTotals, Survey, WindowTotals } from './lines.ts'

export interface Asked {
  readonly file: string
  readonly search: readonly string[]
}

const pageRows = 1_000

/** Takes it while nothing is written: the two readings are two snapshots. */
export async function takeSurvey(app: CrashApp, asked: Asked): Promise<Survey> {
  const { api } = app
  const boards = await boardsOf(app)
  const trailBoards = Object.keys(boards).filter((id) => boards[id]?.startsWith('trail-'))
  const used = Object.keys(boards).filter((id) => !trailBoards.includes(id))
  const entries: Record<string, EntryRow[]> = {}
  const counts: Record<string, Record<string, number>> = {}
  const twins: Record<string, string[]> = {}
  const cards: Record<string, string[]> = {}
  for (const parent of used) {
    const rows = await rest(
      (seq) => api.entry.listAfter({ parent, seq, limit: pageRows }),
      (row) => row.seq,
    )
    entries[parent] = rows.map((row) => ({
      seq: row.seq,
      user: row.userId,
      mark: row.mark,
      choice: row.choice,
      key: row.idempotencyKey,
    }))
    counts[parent] = await api.entry.counts({ parent, field: 'choice' })
    const pairs = await rest(
      (seq) => api.twin.listAfter({ parent, seq, limit: pageRows }),
      (row) => row.seq,
    )
    twins[parent] = pairs.map((row) => row.mark)
    const page = await api.card.list({
      parent,
      paginationOpts: { numItems: pageRows, cursor: null },
    })
    cards[parent] = page.page.map((row) => row.mark)
  }
  const trails: Record<string, number> = {}
  for (const parent of trailBoards) {
    trails[parent] = (await api.trail.listAfter({ parent, seq: 0 })).length
  }
  const found: Record<string, number> = {}
  for (const parent of used) {
    for (const query of asked.search) {
      const rows = await api.entry.search({ parent, query })
      found[query] = (found[query] ?? 0) + rows.length
    }
  }
  const scalars = { settings: await settingsOf(app), profiles: await profilesOf(app) }
  return {
    entries,
    counts,
    twins,
    cards,
    boards,
    trails,
    found,
    ...scalars,
    ...readFile(asked.file),
  }
}

/** What has yet to be done in the background: for waiting until there is nothing. */
export function scheduledIn(file: string): number {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    return numberOf(db, 'SELECT count(*) AS n FROM _schedule')
  } finally {
    db.close()
  }
}

async function rest<row>(
  read: (after: number) => Promise<row[]>,
  seqOf: (row: row) => number,
): Promise<row[]> {
  const rows: row[] = []
  for (let after = 0; ;) {
    const page = await read(after)
    rows.push(...page)
    const last = page.at(-1)
    if (last === undefined || page.length < pageRows) return rows
    after = seqOf(last)
  }
}

async function boardsOf({ api }: CrashApp): Promise<Record<string, string>> {
  const boards: Record<string, string> = {}
  for (let cursor: string | null = null; ;) {
    const { page, isDone, continueCursor } = await api.board.list({
      paginationOpts: { numItems: pageRows, cursor },
    })
    for (const row of page) boards[row._id] = row.slug
    if (isDone) return boards
    cursor = continueCursor
  }
}

async function settingsOf({ api }: CrashApp): Promise<Record<string, number>> {
  const { page } = await api.setting.list({ paginationOpts: { numItems: 100, cursor: null } })
  return Object.fromEntries(page.map((row) => [row.key, row.n]))
}

async function profilesOf(app: CrashApp): Promise<Record<string, number>> {
  const profiles: Record<string, number> = {}
  for (const name of userNames) {
    const row = await app.as(userOf(name)).profile.get({})
    if (row !== null) profiles[name] = row.n
  }
  return profiles
}

type FromFile = Pick<Survey, 'integrity' | 'logs' | 'windows' | 'scheduled' | 'trailRows'>

function readFile(file: string): FromFile {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    // Since SQLite 3.44 this asks full-text tables for their own check as well.
    const checks = db.prepare('PRAGMA integrity_check').all()
    return {
      integrity: checks.map((row) => String(row['integrity_check'])),
      logs: ['entry', 'twin'].flatMap((log) => logTotals(db, log)),
      windows: windowTotals(db),
      scheduled: numberOf(db, 'SELECT count(*) AS n FROM _schedule'),
      trailRows: numberOf(db, 'SELECT count(*) AS n FROM trail'),
    }
  } finally {
    db.close()
  }
}

function logTotals(db: DatabaseSync, log: string): LogTotals[] {
  const rows = db
    .prepare(
      `WITH heads AS (SELECT parent, seq, live, total FROM _logCounters WHERE "table" = ?),
      rows AS (SELECT parent, count(*) AS rows, min(seq) AS lowest, max(seq) AS highest FROM ${log} GROUP BY parent)
      SELECT parent AS board, rows, lowest, highest, seq, live, total
      FROM rows FULL JOIN heads USING (parent)`,
    )
    .all(log)
  return rows.map((row) => ({
    log,
    board: String(row['board']),
    rows: Number(row['rows']),
    lowest: Number(row['lowest']),
    highest: Number(row['highest']),
    head: { seq: Number(row['seq']), live: Number(row['live']), total: Number(row['total']) },
  }))
}

function windowTotals(db: DatabaseSync): WindowTotals[] {
  const rows = db
    .prepare(
      `WITH steps AS (
        SELECT bucket, owner, total, at,
          at < lag(at) OVER (PARTITION BY bucket, owner ORDER BY total) AS isBack
        FROM _windowStamps
      )
      SELECT bucket, owner, w.total AS total, w.lastAt AS lastAt, max(s.total) AS stampTotal,
        max(s.at) AS stampAt, sum(coalesce(s.isBack, 0)) AS stampsBack
      FROM _windows w LEFT JOIN steps s USING (bucket, owner) GROUP BY bucket, owner`,
    )
    .all()
  return rows.map((row) => ({
    bucket: String(row['bucket']),
    owner: String(row['owner']),
    total: Number(row['total']),
    lastAt: Number(row['lastAt']),
    stampTotal: Number(row['stampTotal']),
    stampAt: Number(row['stampAt']),
    stampsBack: Number(row['stampsBack']),
  }))
}

const numberOf = (db: DatabaseSync, sql: string): number => Number(db.prepare(sql).get()?.['n'])
