/** One database file and the processes that open it one after another, each checked against what all before it were told. */
import { Book } from './book.ts'
import { check } from './check.ts'
import { Child, type ChildOptions, type End, show } from './child.ts'
import type { Job, Line, Survey } from './lines.ts'
import type { Chance } from './random.ts'

export interface LifeOptions extends Pick<ChildOptions, 'onLine' | 'under'> {
  readonly job?: Partial<Job>
}

export class Lives {
  readonly file: string
  readonly book = new Book()
  readonly problems: string[] = []
  /** The newest one. */
  survey: Survey | undefined
  kills = 0
  /** Lives that found background work which an earlier one had left. */
  heirs = 0
  readonly #chance: Chance
  readonly #cache: string
  #boards: readonly string[] = []
  #life = 0
  #retry: Job['retry'] = []

  constructor(file: string, chance: Chance, cache: string) {
    this.file = file
    this.#chance = chance
    this.#cache = cache
  }

  /** A life that writes, and ends by itself. */
  async whole(maxWrites: number, job: Partial<Job> = {}): Promise<void> {
    await this.closed(this.begin({ job: { ...job, maxWrites } }))
  }

  /** A life that waits for background work, and ends by itself. */
  async settled(job: Partial<Job> = {}): Promise<void> {
    await this.closed(this.begin({ job: { ...job, load: 'none' } }))
  }

  /** Ends by SIGKILL after some writes and some turns of the loop, whatever the child does just then. */
  async killed(): Promise<void> {
    const writes = this.#chance.between(1, 400)
    const turns = this.#chance.between(0, 40)
    let acknowledged = 0
    const child = this.begin({
      onLine: (line) => {
        if (line.is === 'acknowledged' && ++acknowledged === writes) void killAfter(child, turns)
      },
    })
    await this.dead(child)
  }

  /** Ends by a SIGKILL that it sends itself, inside a transaction or between a commit and its answer. */
  async killedAt(point: 'transaction' | 'commit'): Promise<void> {
    const after = this.#chance.between(1, point === 'transaction' ? 200 : 12)
    await this.dead(this.begin({ job: { endsAt: { point, after } } }))
  }

  begin({ job: more = {}, onLine, under }: LifeOptions = {}): Child {
    this.#life++
    let isFirst = true
    const job: Job = {
      file: this.file,
      life: this.#life,
      seed: this.#chance.between(0, 0xffff_ffff),
      boards: this.#boards,
      retry: this.#retry,
      search: this.#retry.slice(0, 5).map(({ mark }) => mark),
      load: 'heavy',
      ...more,
    }
    return new Child(new URL('./writer.ts', import.meta.url), job, {
      cache: this.#cache,
      ...(under ? { under } : {}),
      onLine: (line) => {
        if (line.is === 'survey') this.#check(line.survey, isFirst)
        isFirst &&= line.is !== 'survey'
        this.book.take(line)
        onLine?.(line)
      },
    })
  }

  async closed(child: Child): Promise<void> {
    const end = await this.#end(child)
    if (end.code !== 0) throw new Error(`Life ${this.#life}: ${show(end)}${shutBecause(child)}`)
  }

  async dead(child: Child): Promise<void> {
    const end = await this.#end(child)
    if (end.signal !== 'SIGKILL') throw new Error(`Life ${this.#life}: ${show(end)}`)
    this.kills++
  }

  async #end(child: Child): Promise<End> {
    const end = await child.ended
    this.#retry = [...this.book.died(), ...this.book.known(10)]
    return end
  }

  #check(survey: Survey, isFirst: boolean): void {
    this.survey = survey
    if (isFirst && survey.scheduled > 0) this.heirs++
    this.#boards = Object.entries(survey.boards)
      .filter(([, slug]) => /^m1x[0-3]e$/.test(slug))
      .map(([id]) => id)
    const problems = [...check(this.book, survey), ...this.book.problems.splice(0)]
    this.problems.push(...problems.map((problem) => `life ${this.#life}: ${problem}`))
  }
}

/** Calls that were refused, as code and message. */
export const refusals = ({ lines }: Child): readonly string[] =>
  lines.flatMap((line) => (line.is === 'refused' ? [`${line.code}: ${line.message}`] : []))

/** Resolves when the child has had `count` more writes acknowledged. */
export async function acknowledged(child: Child, count: number): Promise<void> {
  const isAcknowledged = (line: Line): boolean => line.is === 'acknowledged'
  const before = child.lines.filter(isAcknowledged).length
  await child.line(
    'acknowledged',
    () => child.lines.filter(isAcknowledged).length >= before + count,
  )
}

const shutBecause = ({ lines }: Child): string =>
  lines.map((line) => (line.is === 'shut' ? `${line.code}: ${line.message}` : '')).join('')

async function killAfter(child: Child, turns: number): Promise<void> {
  for (let at = 0; at < turns; at++) await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGKILL')
}
