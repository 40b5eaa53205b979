/**
 * A Convex deployment in this process: convex-test runs the functions, and this is everything around them that clients see.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import {
  type GenericDataModel,
  type GenericSchema,
  makeFunctionReference,
  type SchemaDefinition,
} from 'convex/server'
import { convexToJson, type Value } from 'convex/values'
import { convexTest, type TestConvexForDataModel } from 'convex-test'
import { type CronJob, startCrons } from './crons.ts'
import { guardModules, type Modules, publicFunction, rootOf } from './functions.ts'
import { type AuthProvider, Identities } from './identity.ts'
import { checkSchema } from './limits.ts'
import type { MutationResponse } from './protocol.ts'
import { ReadSet, type Write } from './read-set.ts'
import { type Asked, type CallRequest, type Outcome, type Peer, Session } from './session.ts'
import { type Execution, within } from './syscalls.ts'

export interface DeploymentConfig {
  /** The default export of `convex/schema.ts`. */
  readonly schema: SchemaDefinition<GenericSchema, boolean>
  /**
   * Every module of the `convex` folder by path, as `import.meta.glob('./convex/**\/*.*s')` gives them; the folder
   * `_generated` is among them, for it says where the others are.
   */
  readonly modules: Modules
  /** Told of what nobody is there to be told: scheduled functions and crons that fail. Default: a warning of the process. */
  readonly onError?: (error: unknown) => void
}

type Tester = TestConvexForDataModel<GenericDataModel>

/** Answers that a browser session may ask for again, at most: as many as it can have under way, and more. */
const maxAnswers = 1000
const maxBrowserSessions = 1000

export class Deployment {
  readonly identities: Identities
  readonly #test: Tester
  readonly #modules: Modules
  readonly #onError: (error: unknown) => void
  readonly #sessions = new Set<Session>()
  readonly #answers = new Map<string, Map<number, Promise<MutationResponse>>>()
  readonly #uploads = new Set<string>()
  /** Out of the function that is running: what begins there would belong to its transaction. */
  readonly #outside = AsyncLocalStorage.snapshot()
  #moment = 0n
  #writes: Write[] = []
  #isFlushDue = false
  #turn: Promise<unknown> = Promise.resolve()
  #hold: Promise<void> | undefined
  /** Where files are served: the address that clients were given. */
  siteUrl = 'https://stand-in.convex.test'

  constructor({ schema, modules, onError = warn }: DeploymentConfig) {
    checkSchema(schema)
    this.#modules = guardModules(modules)
    this.#onError = onError
    this.#test = convexTest({
      schema,
      modules: this.#modules as Record<string, () => Promise<unknown>>,
      transactionLimits: true,
    }) as unknown as Tester
    this.identities = new Identities({
      now: () => Date.now(),
      fetch: (url) => this.#fetchKeys(url),
      providers: () => this.#providers(),
    })
  }

  open(peer: Peer): Session {
    const session = new Session(
      {
        moment: () => this.#moment,
        seen: (moment) => {
          if (moment > this.#moment && moment < nowMoment() + aheadMoments) this.#moment = moment
        },
        identify: (token) => this.identities.identify(token),
        call: (request) => this.callPublic(request),
        ask: (request, journal) => this.#ask(request, journal),
        turn: (work) => this.#inTurn(work),
        flush: (waiting) => this.#flush(waiting),
        held: async () => this.#hold,
        answersOf: (sessionId) => this.#answersOf(sessionId),
      },
      peer,
    )
    this.#sessions.add(session)
    return session
  }

  close(session: Session): void {
    this.#sessions.delete(session)
  }

  /** Keeps mutations of clients waiting until the answer is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#hold = promise
    return () => {
      this.#hold = undefined
      resolve()
    }
  }

  /** A call as clients make it: of public functions only. */
  async callPublic(request: CallRequest): Promise<Outcome> {
    try {
      await publicFunction(this.#modules, request.path, request.kind)
      return { ok: true, value: json(await this.call(request)) }
    } catch (error) {
      return failed(error)
    }
  }

  /** A call of any function, by the test itself. */
  async call({ kind, path, args, identity }: CallRequest): Promise<unknown> {
    const test = identity === null ? this.#test : this.#test.withIdentity(identity)
    const run = test[kind] as (reference: unknown, args: unknown) => Promise<unknown>
    try {
      return await within(this.#execution(), () => run(makeFunctionReference(path), args))
    } finally {
      if (kind === 'mutation') this.#advance()
    }
  }

  /** Reads and writes without any function. */
  async run<result>(work: Parameters<Tester['run']>[0]): Promise<result> {
    const result = await within(this.#execution(), () => this.#test.run(work))
    await this.caughtUp()
    return result as result
  }

  /** Every client has been told of every commit so far. */
  async caughtUp(): Promise<void> {
    await this.#inTurn(() => this.#flush())
  }

  /** HTTP actions of the app. */
  http(path: string, init: RequestInit): Promise<Response> {
    return within(this.#execution(), () => this.#test.fetch(path, init))
  }

  async scheduled(advanceTimers?: () => void): Promise<void> {
    await (advanceTimers === undefined
      ? this.#test.finishInProgressScheduledFunctions()
      : this.#test.finishAllScheduledFunctions(advanceTimers))
    await this.caughtUp()
  }

  /** Starts the jobs of `crons.ts`; answers what stops them. */
  async crons(): Promise<() => void> {
    const exported = (await this.#module('crons')) as
      | { crons?: Record<string, CronJob> }
      | undefined
    return startCrons(Object.values(exported?.crons ?? {}), async ({ name, args }) => {
      const reference = makeFunctionReference<'mutation'>(name)
      const [first = {}] = args
      // What a cron runs is scheduled for now: a mutation or an action, on its own.
      await this.run((ctx) => ctx.scheduler.runAfter(0, reference, first as never)).catch(
        this.#onError,
      )
    })
  }

  /** An upload may be made once. */
  takeUpload(token: string): boolean {
    return this.#uploads.delete(token)
  }

  #execution(): Execution {
    return {
      wrote: (write) => this.#wrote(write),
      fileUrl: (id) => `${this.siteUrl}/api/storage/${id}`,
      uploadUrl: () => {
        const token = randomUUID()
        this.#uploads.add(token)
        return `${this.siteUrl}/api/storage/upload?token=${token}`
      },
    }
  }

  async #ask(request: CallRequest, journal: string | undefined): Promise<Asked> {
    const { path, args, identity } = request
    const execution: Execution = { ...this.#execution(), reads: new ReadSet(), journal }
    const test = identity === null ? this.#test : this.#test.withIdentity(identity)
    let outcome: Outcome
    try {
      await publicFunction(this.#modules, path, 'query')
      const query = makeFunctionReference<'query'>(path)
      outcome = { ok: true, value: json(await within(execution, () => test.query(query, args))) }
    } catch (error) {
      outcome = failed(error)
    }
    return { outcome, reads: execution.reads as ReadSet, journal: execution.journal }
  }

  /**
   * A transaction wrote this and commits next, or rolls back: then its readers run once too often. They run after it,
   * because convex-test runs one transaction at a time.
   */
  #wrote(write: Write): void {
    this.#writes.push(write)
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    this.#outside(() => void this.caughtUp())
  }

  /** Moments are nanoseconds, as Convex's are: they go on when the process starts anew. */
  #advance(): void {
    const now = nowMoment()
    this.#moment = now > this.#moment ? now : this.#moment + 1n
  }

  #inTurn<result>(work: () => Promise<result>): Promise<result> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  /**
   * Runs again until nothing was written meanwhile, so that what clients are told in one message was all true at once.
   * `waiting`: who is told even if nothing is new.
   */
  async #flush(waiting?: Session): Promise<void> {
    this.#isFlushDue = false
    if (this.#writes.length === 0 && waiting === undefined) return
    do {
      const writes = this.#writes
      this.#writes = []
      for (const session of this.#sessions) {
        for (const write of writes) session.touch(write)
        await session.refresh()
      }
    } while (this.#writes.length > 0)
    this.#advance()
    for (const session of this.#sessions) session.tell(session === waiting)
  }

  #answersOf(sessionId: string): Map<number, Promise<MutationResponse>> {
    let answers = this.#answers.get(sessionId)
    if (answers === undefined) {
      answers = new Map()
      this.#answers.set(sessionId, answers)
      dropOldest(this.#answers, maxBrowserSessions)
    }
    dropOldest(answers, maxAnswers)
    return answers
  }

  async #providers(): Promise<readonly AuthProvider[]> {
    const config = (await this.#module('auth.config')) as
      | { readonly providers: readonly AuthProvider[] }
      | undefined
    return config?.providers ?? []
  }

  /** The default export of a module, if there is such a module. */
  async #module(name: string): Promise<unknown> {
    const root = rootOf(this.#modules)
    const load = Object.entries(this.#modules).find(
      ([path]) => path.replace(/\.[^./]+$/, '') === `${root}${name}`,
    )?.[1]
    return ((await load?.()) as { readonly default?: unknown } | undefined)?.default
  }

  /** The app's own keys are served by its HTTP actions, whether anybody listens or not. */
  #fetchKeys(url: string): Promise<Response> {
    return url.startsWith(`${this.siteUrl}/`)
      ? this.http(url.slice(this.siteUrl.length), { method: 'GET' })
      : fetch(url)
  }
}

const nowMoment = (): bigint => BigInt(Date.now()) * 1_000_000n
/** How far a client may be ahead of this clock: a day, in nanoseconds. */
const aheadMoments = 86_400_000_000_000n

const warn = (error: unknown): void =>
  process.emitWarning(error instanceof Error ? error : String(error))

const json = (value: unknown): ReturnType<typeof convexToJson> =>
  convexToJson((value ?? null) as Value)

function failed(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error)
  const { data } = error as { readonly data?: Value }
  return { ok: false, message, ...(data === undefined ? {} : { data: convexToJson(data) }) }
}

function dropOldest(map: Map<unknown, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return
    map.delete(key)
  }
}
