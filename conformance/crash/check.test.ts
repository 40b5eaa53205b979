/** That the crash tests would see what they look for: a database in order is spoilt in one place at a time. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeApp } from './app.ts'
import { Book } from './book.ts'
import { check, checkSettled } from './check.ts'
import { endAll } from './child.ts'
import type { Line, Survey } from './lines.ts'
import { Lives } from './lives.ts'
import { chanceOf } from './random.ts'
import { takeSurvey } from './survey.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-check-'))
const lives = new Lives(join(folder, 'a.db'), chanceOf(1), join(folder, 'cache'))
let lines: readonly Line[] = []

beforeAll(async () => {
  const child = lives.begin({ job: { maxWrites: 400 } })
  await lives.closed(child)
  await lives.settled()
  ;({ lines } = child)
})
afterAll(() => {
  endAll()
  rmSync(folder, { recursive: true })
})

/** The survey of a copy that the statements have changed, and what is wrong with it. */
async function problemsAfter(sql: string): Promise<readonly string[]> {
  const file = join(folder, 'copy.db')
  copyFileSync(lives.file, file)
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
  const app = makeApp(file)
  const survey: Survey = await takeSurvey(app, { file, search: ['m1x5e'] })
  await app.close()
  const book = new Book()
  for (const line of lines) book.take(line)
  return [...check(book, survey), ...book.problems, ...checkSettled(survey)]
}

const last = `SELECT parent, max(seq) FROM entry GROUP BY parent`

test('a database in order has no problems', async () => {
  expect(lives.problems).toEqual([])
  expect(await problemsAfter('')).toEqual([])
})

test.for<[name: string, sql: string, problem: RegExp]>([
  [
    'a lost row at the end',
    `DELETE FROM entry WHERE (parent, seq) IN (${last})`,
    /^entry .* was acknowledged and is not there/,
  ],
  ['a gap', `DELETE FROM entry WHERE seq = 2`, /^entry of .*: a gap or a double/],
  ['a row that nobody sent', `UPDATE entry SET mark = 'x' WHERE seq = 2`, /was never sent/],
  [
    'a row that was stored twice',
    `UPDATE entry SET mark = e.mark FROM entry e WHERE e.seq = 1 AND e.parent = entry.parent AND entry.seq = 2`,
    /is there twice/,
  ],
  ['a changed row', `UPDATE entry SET choice = 9 WHERE seq = 1`, /is not what was sent/],
  [
    'another place',
    `UPDATE entry SET seq = 9999 WHERE seq = 1`,
    /was acknowledged as 1 and is 9999/,
  ],
  ['a search that finds nothing', `DELETE FROM entry__search`, /a search finds m1x5e 0 times/],
  ['half a move', `DELETE FROM twin WHERE seq = 1`, /^move .* is at/],
  ['an older value', `UPDATE setting SET n = n - 1`, /^setting a is \d+, not the acknowledged/],
  ['an older row of a user', `UPDATE profile SET n = 1`, /^profile ann is 1, not/],
  ['a wrong count', `UPDATE _logCounts SET live = '{"choice":{}}'`, /counted undefined/],
  ['a wrong head', `UPDATE _logCounters SET live = live + 1`, /and its head says/],
  ['a wrong window', `UPDATE _windows SET total = total + 1`, /and its stamps say/],
  ['lost stamps', `DELETE FROM _windowStamps WHERE total > 3`, /and its stamps say/],
  ['lost uses', `DELETE FROM _windows WHERE bucket = 'quota:spend'`, /^spend .* is 0, not/],
  ['a lost card', `DELETE FROM card`, /^card .* was acknowledged and is not there/],
  ['a lost board', `DELETE FROM board WHERE slug = 'm1x0e'`, /^board m1x0e was acknowledged/],
])('%s is seen', async ([, sql, problem]) => {
  const problems = await problemsAfter(sql)
  expect(problems.filter((each) => problem.test(each))).not.toEqual([])
})
