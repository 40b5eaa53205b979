import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { endAll } from './child.ts'
import { acknowledged, Lives, refusals } from './lives.ts'
import { chanceOf, seedOfRun } from './random.ts'

const root = mkdtempSync(join(tmpdir(), 'noboil-process-'))
chmodSync(root, 0o755)
afterEach(endAll)
afterAll(() => rmSync(root, { recursive: true }))

const chance = chanceOf(seedOfRun())
/** Root may write what is read-only; so what must not be written is opened by nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {}

/** A database with rows, in a folder of its own that anybody may write to. */
async function prepared(name: string): Promise<Lives> {
  const folder = join(root, name)
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  const lives = new Lives(join(folder, 'a.db'), chance, join(root, 'cache'))
  await lives.whole(60)
  return lives
}

test('while a process serves a database another is refused, and the first goes on', async () => {
  const lives = await prepared('second')
  const first = lives.begin()
  await acknowledged(first, 50)
  const second = new Lives(lives.file, chance, join(root, 'cache')).begin()
  const { code, message } = await second.line('shut')
  expect(code).toBe('UNAVAILABLE')
  expect(message).toContain(`'${lives.file}' is open already`)
  expect(message).toContain('Stop the other one first.')
  expect((await second.ended).code).toBe(1)
  await acknowledged(first, 50)
  first.kill('SIGKILL')
  await lives.dead(first)
  // The lock went with the process, and nobody has to remove anything.
  expect(existsSync(`${lives.file}.lock`)).toBe(true)
  await lives.settled()
  expect(lives.problems).toEqual([])
  expect(lives.book.refused).toBe(0)
})

test('a process that is asked to end under load answers or refuses every call, and loses none it answered', async () => {
  const lives = await prepared('ended')
  for (let at = 0; at < 3; at++) {
    const child = lives.begin()
    await acknowledged(child, chance.between(20, 300))
    child.kill('SIGTERM')
    await lives.closed(child)
    for (const refusal of refusals(child)) expect(refusal).toMatch(/^UNAVAILABLE: .*closed/)
    // One file, complete in itself, and the note of an orderly close: nothing is left to be recovered.
    const left = ['a.db', 'a.db.closed', 'a.db.lock']
    expect(readdirSync(join(lives.file, '..')).sort()).toEqual(left)
    expect(lives.book.died()).toEqual([])
  }
  await lives.settled()
  expect(lives.problems).toEqual([])
})

test('a database file that may not be written is refused and left as it is', async () => {
  const lives = await prepared('file')
  chmodSync(`${lives.file}.lock`, 0o666)
  chmodSync(lives.file, 0o444)
  const before = readFileSync(lives.file)
  const child = lives.begin({ job: nobody })
  const { code, message } = await child.line('shut')
  expect(code).toBe('UNAVAILABLE')
  expect(message).toBe(`The database '${lives.file}' cannot be opened: the file cannot be written.`)
  expect((await child.ended).code).toBe(1)
  expect(readFileSync(lives.file).equals(before)).toBe(true)
})

test('a database that was refused for being read-only opens once it may be written', async () => {
  const lives = await prepared('again')
  chmodSync(`${lives.file}.lock`, 0o666)
  chmodSync(lives.file, 0o444)
  await lives.begin({ job: nobody }).line('shut')
  chmodSync(lives.file, 0o666)
  await lives.begin({ job: nobody }).line('open')
})

test('a folder that may not be written is refused, and the database opens when it may', async () => {
  const lives = await prepared('folder')
  const folder = join(lives.file, '..')
  chmodSync(lives.file, 0o666)
  chmodSync(`${lives.file}.lock`, 0o666)
  chmodSync(folder, 0o555)
  const child = lives.begin({ job: nobody })
  const { code, message } = await child.line('shut')
  expect(code).toBe('UNAVAILABLE')
  expect(message).toMatch(/^The database '.*' cannot be opened: .+\.$/)
  chmodSync(folder, 0o777)
  await lives.whole(60, nobody)
  await lives.settled()
  expect(lives.problems).toEqual([])
})
