/** Many callers at once, each with one call in flight. */
import { errorCode } from 'noboil/errors'
import { type CrashApp, userNames, userOf } from './app.ts'
import { type Job, tell, type Write } from './lines.ts'
import { chanceOf } from './random.ts'
import { takeSurvey } from './survey.ts'

const appenders = 24
const settingKeys: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f']
const boardCount = 4
/** Rows of a trail before it is purged. */
export const trailRows = 60

export class Load {
  /** The parent has asked for the end. */
  isOver = false
  readonly #app: CrashApp
  readonly #job: Job
  #boards: readonly string[]
  #sent = 0
  #marks = 0
  #acknowledged = 0
  #resume: Promise<void> | undefined
  #goOn: (() => void) | undefined

  constructor(app: CrashApp, job: Job) {
    this.#app = app
    this.#job = job
    this.#boards = job.boards
    process.once('SIGTERM', () => {
      this.isOver = true
      void app.close()
    })
    process.on('SIGUSR2', () => this.#goOn?.())
  }

  /** Tells what is there, before anything is written, and repeats what nobody acknowledged. */
  async prepare(): Promise<void> {
    const { retry } = this.#job
    const survey = await takeSurvey(this.#app, this.#job)
    tell({ is: 'survey', survey })
    if (this.#boards.length === 0) await this.#makeBoards()
    await Promise.all(retry.map((write) => this.#send(write)))
  }

  /** Ends when the app is closed, or the job has had its writes. */
  async run(): Promise<void> {
    const { seed, ballastBytes } = this.#job
    const workers: Promise<void>[] = []
    const start = (next: (at: number) => Write | Promise<Write>): void => {
      workers.push(this.#work(next))
    }
    const chance = chanceOf(seed)
    const user = (): string => chance.pick(userNames)
    const board = (): string => chance.pick(this.#boards)
    const ballast = ballastBytes === undefined ? {} : { ballast: 'x'.repeat(ballastBytes) }
    const append = (): Write => ({
      do: 'append',
      user: user(),
      board: board(),
      mark: this.#mark(),
      choice: chance.between(0, 4),
      ...ballast,
    })
    for (let at = 0; at < appenders; at++) start(append)
    start(() => ({
      do: 'bulk',
      user: user(),
      board: board(),
      marks: Array.from({ length: chance.between(1, 8) }, () => this.#mark()),
      choice: chance.between(0, 4),
    }))
    for (let at = 0; at < 2; at++) {
      start(() => {
        const [from, to] = [board(), board()]
        return { do: 'move', user: user(), mark: this.#mark(), from, to }
      })
    }
    start(() => ({ do: 'card', user: user(), board: board(), mark: this.#mark() }))
    start(() => ({ do: 'board', user: user(), mark: this.#mark() }))
    start(() => ({ do: 'spend', user: user(), cost: chance.between(1, 5) }))
    start(() => this.#trail(user()))
    const n = (at: number): number => this.#job.life * 1_000_000 + at
    for (const key of settingKeys) start((at) => ({ do: 'set', user: user(), key, n: n(at) }))
    for (const name of userNames) start((at) => ({ do: 'upsert', user: name, n: n(at) }))
    await Promise.all(workers)
  }

  async #work(next: (at: number) => Write | Promise<Write>): Promise<void> {
    const { maxWrites = Infinity } = this.#job
    for (let at = 1; !this.isOver && this.#acknowledged < maxWrites; at++) {
      let write: Write
      try {
        write = await next(at)
      } catch (error) {
        // A write that only prepares another, refused because the app is closing or the disk is full.
        if (errorCode(error) !== 'UNAVAILABLE') throw error
        await this.#pause()
        continue
      }
      if (!(await this.#send(write))) await this.#pause()
    }
  }

  /** False: refused. */
  async #send(write: Write): Promise<boolean> {
    const id = this.#sent++
    tell({ is: 'sent', id, write })
    try {
      const value = await perform(this.#app, write)
      tell({ is: 'acknowledged', id, value })
      this.#acknowledged++
      return true
    } catch (error) {
      tell({ is: 'refused', id, code: errorCode(error), message: (error as Error).message })
      return false
    }
  }

  /** Until the parent says that it may work again. */
  async #pause(): Promise<void> {
    if (this.isOver) return
    this.#resume ??= new Promise((resolve) => {
      this.#goOn = () => {
        this.#resume = undefined
        this.#acknowledged = 0
        resolve()
      }
    })
    await this.#resume
  }

  /** A board of its own with rows that are purged at once. */
  async #trail(user: string): Promise<Write> {
    const api = this.#app.as(userOf(user))
    const mark = this.#mark()
    const { _id } = await api.board.create({ payload: { title: 'Trail', slug: `trail-${mark}` } })
    const items = Array.from({ length: trailRows }, (_, step) => ({ step }))
    await api.trail.appendBulk({ parent: _id, items })
    return { do: 'purge', user, board: _id }
  }

  async #makeBoards(): Promise<void> {
    const boards: string[] = []
    for (let at = 0; at < boardCount; at++) {
      const user = userNames[at % userNames.length] as string
      await this.#send({ do: 'board', user, mark: this.#mark() })
      const { page } = await this.#app.api.board.list({
        paginationOpts: { numItems: 1, cursor: null },
      })
      boards.push((page[0] as { _id: string })._id)
    }
    this.#boards = boards
  }

  #mark(): string {
    // No mark begins another: searches find what words begin with.
    return `m${this.#job.life}x${this.#marks++}e`
  }
}

/** Answers what the parent needs of the answer. */
async function perform(app: CrashApp, write: Write): Promise<unknown> {
  const api = app.as(userOf(write.user))
  switch (write.do) {
    case 'append': {
      const { board: parent, mark, choice, ballast } = write
      const payload = ballast === undefined ? { mark, choice } : { mark, choice, ballast }
      return api.entry.append({ parent, payload, idempotencyKey: mark })
    }
    case 'bulk': {
      const { board: parent, marks, choice } = write
      return api.entry.appendBulk({ parent, items: marks.map((mark) => ({ mark, choice })) })
    }
    case 'move': {
      const { mark, from, to } = write
      return api.move({ mark, from, to })
    }
    case 'card':
      return (await api.card.create({ parent: write.board, payload: { mark: write.mark } }))._id
    case 'board':
      return (await api.board.create({ payload: { title: 'Board', slug: write.mark } }))._id
    case 'set':
      return (await api.setting.set({ key: write.key, payload: { n: write.n } })).n
    case 'upsert':
      return (await api.profile.upsert({ payload: { n: write.n } })).n
    case 'spend':
      return (await api.spend.consume({ cost: write.cost })).allowed
    case 'purge':
      return (await api.trail.purgeByParent({ parent: write.board })).deleted
  }
}
