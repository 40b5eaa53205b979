/** Whether a database holds what it must, and nothing else. */
import { userNames, userOf } from './app.ts'
import type { Book, Climb, Entry, Whole } from './book.ts'
import type { EntryRow, Survey, WindowTotals } from './lines.ts'
import { trailRows } from './load.ts'

/** Answers what is wrong, one sentence each, and lets the book know what is there. */
export function check(book: Book, survey: Survey): string[] {
  const problems: string[] = []
  const say = (problem: string): void => void problems.push(problem)
  if (survey.integrity.join() !== 'ok') say(`integrity_check: ${survey.integrity.join('; ')}`)
  checkEntries(book, survey, say)
  checkBulks(book, say)
  checkWholes('move', book.moves, placesOf(survey.twins), say)
  checkWholes('card', book.cards, placesOf(survey.cards), say)
  const slugs = Object.values(survey.boards).filter((slug) => !slug.startsWith('trail-'))
  checkWholes('board', book.boards, new Map(slugs.map((slug) => [slug, ['']])), say)
  checkLogs(survey, say)
  checkCounts(survey, say)
  checkClimbs(book, survey, say)
  checkWindows(survey, say)
  checkTrails(book, survey, say)
  return problems
}

/** After the background work has ended. */
export function checkSettled(survey: Survey): string[] {
  const problems: string[] = []
  const visible = Object.values(survey.trails).reduce((sum, rows) => sum + rows, 0)
  if (survey.scheduled > 0) problems.push(`${survey.scheduled} flows have not run`)
  if (survey.trailRows !== visible) {
    problems.push(`${survey.trailRows} rows of trails in the file, ${visible} are to be seen`)
  }
  return problems
}

type Say = (problem: string) => void

function checkEntries(book: Book, survey: Survey, say: Say): void {
  const found = new Map<string, EntryRow & { readonly board: string }>()
  for (const [board, rows] of Object.entries(survey.entries)) {
    for (const row of rows) {
      if (found.has(row.mark)) say(`entry ${row.mark} is there twice`)
      if (!book.entries.has(row.mark)) say(`entry ${row.mark} was never sent`)
      found.set(row.mark, { ...row, board })
    }
  }
  for (const [mark, entry] of book.entries) {
    const row = found.get(mark)
    if (row === undefined) {
      if (entry.state === 'stored') say(`entry ${mark} was acknowledged and is not there`)
      entry.state = 'absent'
      continue
    }
    if (entry.state === 'absent') say(`entry ${mark} was refused or gone, and is there`)
    if (entry.seq !== undefined && entry.seq !== row.seq) {
      say(`entry ${mark} was acknowledged as ${entry.seq} and is ${row.seq}`)
    }
    if (!isSame(entry, row)) say(`entry ${mark} is not what was sent: ${JSON.stringify(row)}`)
    entry.state = 'stored'
    entry.seq = row.seq
  }
  for (const [mark, times] of Object.entries(survey.found)) {
    const expected = found.has(mark) ? 1 : 0
    if (times !== expected) say(`a search finds ${mark} ${times} times, not ${expected}`)
  }
}

const isSame = (entry: Entry, row: EntryRow & { readonly board: string }): boolean =>
  userOf(entry.user)._id === row.user &&
  entry.board === row.board &&
  entry.choice === row.choice &&
  entry.key === row.key

function checkBulks(book: Book, say: Say): void {
  for (const bulk of book.bulks) {
    const entries = bulk.marks.map((mark) => book.entries.get(mark) as Entry)
    const stored = entries.filter(({ state }) => state === 'stored')
    if (stored.length > 0 && stored.length < entries.length) {
      say(`of a bulk of ${entries.length} entries from ${bulk.marks[0]} on, ${stored.length} exist`)
    }
    const first = stored[0]?.seq
    if (stored.some(({ seq }, at) => seq !== (first as number) + at)) {
      say(`the bulk from ${bulk.marks[0]} on is not in one piece`)
    }
  }
}

/** The boards of each mark, one for each time that it is there. */
function placesOf(rows: Readonly<Record<string, readonly string[]>>): Map<string, string[]> {
  const places = new Map<string, string[]>()
  for (const [board, marks] of Object.entries(rows)) {
    for (const mark of marks) {
      const boards = places.get(mark)
      if (boards === undefined) places.set(mark, [board])
      else boards.push(board)
    }
  }
  return places
}

function checkWholes(
  name: string,
  sent: ReadonlyMap<string, Whole>,
  places: ReadonlyMap<string, readonly string[]>,
  say: Say,
): void {
  for (const mark of places.keys()) if (!sent.has(mark)) say(`${name} ${mark} was never sent`)
  for (const [mark, whole] of sent) {
    const found = places.get(mark)
    if (found === undefined) {
      if (whole.state === 'stored') say(`${name} ${mark} was acknowledged and is not there`)
      whole.state = 'absent'
      continue
    }
    if (whole.state === 'absent') say(`${name} ${mark} was refused or gone, and is there`)
    const expected = name === 'board' ? [''] : whole.boards
    if ([...found].sort().join() !== [...expected].sort().join()) {
      say(`${name} ${mark} is at ${found.join()}, not at ${expected.join()}`)
    }
    whole.state = 'stored'
  }
}

function checkLogs(survey: Survey, say: Say): void {
  for (const { log, board, rows, lowest, highest, head } of survey.logs) {
    const where = `${log} of ${board}`
    if (lowest !== 1 || highest !== rows) {
      say(`${where}: ${rows} rows from ${lowest} to ${highest}: a gap or a double`)
    }
    if (head.seq !== highest || head.live !== rows || head.total !== rows) {
      say(`${where}: ${rows} rows up to ${highest}, and its head says ${JSON.stringify(head)}`)
    }
    const read = log === 'entry' ? survey.entries[board] : survey.twins[board]
    if (read?.length !== rows) say(`${where}: ${rows} rows in the file, ${read?.length} are read`)
  }
  for (const [board, rows] of Object.entries(survey.entries)) {
    if (rows.some(({ seq }, at) => seq !== at + 1)) say(`entry of ${board}: a gap or a double`)
  }
}

function checkCounts(survey: Survey, say: Say): void {
  for (const [board, rows] of Object.entries(survey.entries)) {
    const tally: Record<string, number> = {}
    for (const { choice } of rows) tally[choice] = (tally[choice] ?? 0) + 1
    const counts = survey.counts[board] ?? {}
    for (const choice of new Set([...Object.keys(tally), ...Object.keys(counts)])) {
      if (tally[choice] === counts[choice]) continue
      say(`entry of ${board}: ${tally[choice]} rows hold ${choice}, counted ${counts[choice]}`)
    }
  }
}

function checkClimbs(book: Book, survey: Survey, say: Say): void {
  const values = new Map<string, number>()
  for (const [key, n] of Object.entries(survey.settings)) values.set(`setting ${key}`, n)
  for (const [name, n] of Object.entries(survey.profiles)) values.set(`profile ${name}`, n)
  for (const name of userNames) values.set(`spend ${name}`, spentBy(survey, name)?.total ?? 0)
  for (const [name, climb] of book.climbs) {
    const value = values.get(name) ?? 0
    if (value !== climb.acknowledged && value !== climb.sent) {
      say(`${name} is ${value}, not ${expected(climb)}`)
    }
    climb.acknowledged = value
    climb.sent = value
  }
}

const expected = ({ acknowledged, sent }: Climb): string =>
  acknowledged === sent
    ? `the acknowledged ${acknowledged}`
    : `the acknowledged ${acknowledged} or the later ${sent}`

const spentBy = ({ windows }: Survey, name: string): WindowTotals | undefined =>
  windows.find(({ bucket, owner }) => bucket === 'quota:spend' && owner === userOf(name)._id)

function checkWindows(survey: Survey, say: Say): void {
  const rowsOf = new Map<string, number>()
  for (const row of Object.values(survey.entries).flat()) {
    rowsOf.set(row.user, (rowsOf.get(row.user) ?? 0) + 1)
  }
  for (const { bucket, owner, total, lastAt, ...stamps } of survey.windows) {
    const where = `${bucket} of ${owner}`
    if (stamps.stampTotal !== total || stamps.stampAt !== lastAt || stamps.stampsBack > 0) {
      say(`${where}: ${total} uses until ${lastAt}, and its stamps say ${JSON.stringify(stamps)}`)
    }
    if (bucket !== 'entry.append') continue
    const rows = rowsOf.get(owner) ?? 0
    if (rows !== total) say(`${where}: ${total} uses, ${rows} rows`)
    rowsOf.delete(owner)
  }
  for (const [owner, rows] of rowsOf) say(`${rows} entries of ${owner}, and no window counts them`)
}

function checkTrails(book: Book, survey: Survey, say: Say): void {
  for (const [board, rows] of Object.entries(survey.trails)) {
    if (rows !== 0 && rows !== trailRows) say(`trail of ${board}: ${rows} rows of ${trailRows}`)
    if (rows > 0 && book.purged.has(board)) say(`trail of ${board} was purged and is there`)
  }
}
