import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { Book } from './book.ts'
import { check, checkSettled } from './check.ts'
import { Child, endAll, show } from './child.ts'
import type { Job, Survey } from './lines.ts'
import { type Chance, chanceOf, seedOfRun } from './random.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-crash-'))
const cache = join(folder, 'cache')
afterEach(endAll)
afterAll(() => rmSync(folder, { recursive: true }))

const kills = 50
const seed = seedOfRun()

/** One database file and the processes that open it one after another. */
class Lives {
  readonly book = new Book()
  readonly problems: string[] = []
  boards: readonly string[] = []
  survey: Survey | undefined
  kills = 0
  readonly #file: string
  readonly #chance: Chance
  #life = 0
  #retry: Job['retry'] = []

  constructor(name: string, chance: Chance) {
    this.#file = join(folder, name)
    this.#chance = chance
  }

  /** A life that is not ended from outside. */
  async whole(maxWrites: number): Promise<void> {
    const child = this.#begin(maxWrites === 0 ? { load: 'none' } : { maxWrites })
    const end = await child.ended
    if (end.code !== 0) throw new Error(`Life ${this.#life}: ${show(end)}`)
    this.#after(child)
  }

  /** Ends by SIGKILL after some writes and some turns of the loop, whatever the child does just then. */
  async killed(): Promise<void> {
    const writes = this.#chance.between(1, 400)
    const turns = this.#chance.between(0, 40)
    let acknowledged = 0
    const child = this.#begin({}, (line) => {
      if (line.is === 'acknowledged' && ++acknowledged === writes) void killAfter(child, turns)
    })
    await this.#dead(child)
  }

  /** Ends by a SIGKILL that it sends itself, inside a transaction or between a commit and its answer. */
  async killedAt(point: 'transaction' | 'commit'): Promise<void> {
    const after = this.#chance.between(1, point === 'transaction' ? 200 : 12)
    await this.#dead(this.#begin({ endsAt: { point, after } }))
  }

  #begin(more: Partial<Job>, onLine: (line: Child['lines'][number]) => void = () => {}): Child {
    this.#life++
    const search = this.#retry.map(({ mark }) => mark).slice(0, 5)
    const job: Job = {
      file: this.#file,
      life: this.#life,
      seed: this.#chance.between(0, 0xffff_ffff),
      boards: this.boards,
      retry: this.#retry,
      search,
      load: 'heavy',
      ...more,
    }
    return new Child('writer.ts', job, {
      cache,
      onLine: (line) => {
        if (line.is === 'survey') this.#check(line.survey)
        else this.book.take(line)
        onLine(line)
      },
    })
  }

  async #dead(child: Child): Promise<void> {
    const end = await child.ended
    if (end.signal !== 'SIGKILL') throw new Error(`Life ${this.#life}: ${show(end)}`)
    this.kills++
    this.#after(child)
  }

  #after(child: Child): void {
    for (const line of child.lines) {
      if (line.is === 'refused') this.problems.push(`life ${this.#life}: ${JSON.stringify(line)}`)
    }
    this.#retry = [...this.book.died(), ...this.book.known(10)]
  }

  #check(survey: Survey): void {
    this.survey = survey
    this.boards = Object.entries(survey.boards)
      .filter(([, slug]) => /^m1x[0-3]e$/.test(slug))
      .map(([id]) => id)
    const problems = [...check(this.book, survey), ...this.book.problems.splice(0)]
    this.problems.push(...problems.map((problem) => `life ${this.#life}: ${problem}`))
  }
}

async function killAfter(child: Child, turns: number): Promise<void> {
  for (let at = 0; at < turns; at++) await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGKILL')
}

test(`after each of ${kills} kills everything acknowledged is there, whole, once and in order`, async () => {
  const chance = chanceOf(seed)
  const lives = new Lives('killed.db', chance)
  await lives.whole(200)
  for (let at = 0; at < kills; at++) {
    const how = chance.between(0, 4)
    if (how === 0) await lives.killedAt('transaction')
    else if (how === 1) await lives.killedAt('commit')
    else await lives.killed()
    expect(lives.problems, `seed ${seed}`).toEqual([])
  }
  await lives.whole(0)
  const survey = lives.survey as Survey
  expect([...lives.problems, ...checkSettled(survey)], `seed ${seed}`).toEqual([])
  expect(lives.kills).toBe(kills)
  const { acknowledged, replays, entries, purged } = lives.book
  console.log(
    `crash: ${kills} kills, ${acknowledged} acknowledged writes, ${entries.size} entries, ${replays} replays, ${purged.size} purges`,
  )
  expect(acknowledged).toBeGreaterThan(kills)
  expect(replays).toBeGreaterThan(kills)
  expect(purged.size).toBeGreaterThan(0)
})
