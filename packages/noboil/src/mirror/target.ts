/**
 * One deployment that is told: what it has not acknowledged waits here, the latest of each type, so that a day's absence is caught up
 * with in one message per type.
 */
import { ServiceAccount, type Credentials, TargetError } from './account.ts'
import { invalidatePath, maxAsked, readAnswer, readApplied } from './messages.ts'
import type { Mark, MirrorLimits, MirrorPorts, Reply, Sent } from './ports.ts'

export interface TargetParts {
  readonly target: string
  readonly credentials: Credentials
  readonly ports: MirrorPorts
  readonly limits: MirrorLimits
  /** Lets the target pass on what it is told. */
  readonly relay: boolean
  /** The name that this deployment's own marks travel under. */
  readonly self: string
  /** Notes what has been acknowledged. */
  sent(sent: Sent): Promise<void>
}

export interface TargetStats {
  readonly target: string
  /** `away`: it has failed so often that each try is only a probe. */
  readonly state: 'ok' | 'retrying' | 'away'
  /** Types it does not know of yet. */
  readonly pending: number
  /** How long the oldest of them has waited, ms. */
  readonly lagMs: number
  readonly delivered: number
  readonly failures: number
  /** Messages that were lost on the way and found by asking. */
  readonly healed: number
}

interface Waiting {
  readonly mark: Mark
  readonly since: number
}

const maxRetryAfterMs = 3_600_000

export class Target {
  readonly #parts: TargetParts
  readonly #account: ServiceAccount
  /** The latest mark of each type of each origin. */
  readonly #marks = new Map<string, Mark>()
  readonly #sent = new Map<string, number>()
  readonly #waiting = new Map<string, Waiting>()
  /** What the target does not take: asking would always find it missing. */
  readonly #refused = new Set<string>()
  #isRunning = false
  #isClosed = false
  #shallAsk = true
  #stopRetry: (() => void) | undefined
  #stopAsking: (() => void) | undefined
  #run: Promise<void> = Promise.resolve()
  #failuresInRow = 0
  #failures = 0
  #delivered = 0
  #healed = 0

  constructor(parts: TargetParts) {
    this.#parts = parts
    const { target, credentials, ports, limits } = parts
    this.#account = new ServiceAccount(target, credentials, ports, limits)
  }

  /** What was acknowledged before the process began. */
  acknowledge({ origin, type, revision }: Sent): void {
    this.#sent.set(keyOf({ origin, type }), revision)
  }

  /** Tells the target, unless it knows. */
  offer(mark: Mark): void {
    const key = keyOf(mark)
    // The same mark may come by several ways.
    if ((this.#marks.get(key)?.revision ?? 0) >= mark.revision) return
    this.#marks.set(key, mark)
    if ((this.#sent.get(key) ?? 0) >= mark.revision) return
    const since = this.#waiting.get(key)?.since ?? this.#parts.ports.clock.now()
    this.#waiting.set(key, { mark, since })
    this.#kick()
  }

  /** Asks once what the target has applied, then from time to time. */
  start(): void {
    this.#kick()
  }

  /** Ends; what waits is told by the next process. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopRetry?.()
    this.#stopAsking?.()
    await this.#run
  }

  /** Waits for the run under way; for tests. */
  async idle(): Promise<void> {
    while (this.#isRunning) await this.#run
  }

  stats(): TargetStats {
    const { clock } = this.#parts.ports
    const since = Math.min(...[...this.#waiting.values()].map((waiting) => waiting.since))
    const isAway = this.#failuresInRow >= this.#parts.limits.breakAfter
    return {
      target: this.#parts.target,
      state: this.#failuresInRow === 0 ? 'ok' : isAway ? 'away' : 'retrying',
      pending: this.#waiting.size,
      lagMs: this.#waiting.size === 0 ? 0 : clock.now() - since,
      delivered: this.#delivered,
      failures: this.#failures,
      healed: this.#healed,
    }
  }

  #kick(): void {
    if (this.#isRunning || this.#isClosed || this.#stopRetry !== undefined) return
    if (this.#waiting.size === 0 && !this.#shallAsk) return
    this.#isRunning = true
    // Later, so that what is offered in one go is looked at together.
    this.#run = Promise.resolve()
      .then(() => this.#deliverAll())
      .then(
        () => this.#succeeded(),
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#isRunning = false
        this.#kick()
      })
  }

  async #deliverAll(): Promise<void> {
    if (this.#shallAsk) await this.#ask()
    for (const [key, { mark }] of this.#waiting) {
      if (this.#isClosed) return
      await this.#deliver(mark)
      // A later change may have come meanwhile: it waits for the next turn.
      if (this.#waiting.get(key)?.mark === mark) this.#waiting.delete(key)
    }
  }

  /** Compares what the target says it has applied with what it has acknowledged: what it lost is told again. */
  async #ask(): Promise<void> {
    const origins = [...new Set([...this.#marks.values()].map(({ origin }) => this.#named(origin)))]
    for (let at = 0; at < origins.length; at += maxAsked) {
      const query = origins.slice(at, at + maxAsked).map((name) => `origin=${name}`)
      const reply = await this.#send('GET', `${invalidatePath}?${query.join('&')}`)
      const applied = reply.status === 200 ? readApplied(reply.body) : undefined
      if (applied === undefined) throw refused(reply)
      for (const mark of this.#marks.values()) {
        const name = this.#named(mark.origin)
        if (query.includes(`origin=${name}`)) this.#compare(mark, applied[name]?.[mark.type] ?? 0)
      }
    }
    this.#shallAsk = false
    this.#stopAsking?.()
    this.#stopAsking = this.#parts.ports.clock.setTimer(this.#parts.limits.reconcileMs, () => {
      this.#shallAsk = true
      this.#kick()
    })
  }

  #compare(mark: Mark, applied: number): void {
    const key = keyOf(mark)
    const sent = this.#sent.get(key) ?? 0
    if (applied >= sent || mark.revision <= applied || this.#refused.has(key)) return
    this.#healed++
    this.#sent.set(key, applied)
    const { log, clock } = this.#parts.ports
    log.warn({ mirror: this.#parts.target, type: mark.type, sent, applied }, 'mirror lost messages')
    if (!this.#waiting.has(key)) this.#waiting.set(key, { mark, since: clock.now() })
  }

  async #deliver(mark: Mark): Promise<void> {
    const { ports, relay, target } = this.#parts
    const { type, revision, hops } = mark
    const origin = this.#named(mark.origin)
    const messageId = ports.random.token()
    const body = { type, mirror: relay, origin, revision, hops, messageId }
    const reply = await this.#send('POST', invalidatePath, JSON.stringify(body))
    const answer = reply.status === 200 ? readAnswer(reply.body) : undefined
    // It does not know the entity, or nothing that this deployment could say: saying it again would not help.
    const isMeaningless = reply.status === 400 || reply.status === 413
    if (answer === undefined && !isMeaningless) throw refused(reply)
    if (answer === undefined) {
      this.#refused.add(keyOf(mark))
      ports.log.warn(
        { mirror: target, type, status: reply.status },
        'mirror does not take this type',
      )
    } else {
      this.#delivered++
      this.#refused.delete(keyOf(mark))
      ports.log.info({ mirror: target, type, revision, messageId, ...answer }, 'mirror told')
    }
    this.#sent.set(keyOf(mark), revision)
    await this.#parts.sent({ target, origin: mark.origin, type, revision })
  }

  async #send(method: 'GET' | 'POST', path: string, body?: string): Promise<Reply> {
    const { ports, target } = this.#parts
    for (let attempt = 0; ; attempt++) {
      const token = await this.#account.token()
      const reply = await ports.send(`${target}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
      })
      if (reply.status !== 401) return reply
      this.#account.forget()
      if (attempt > 0) return reply
    }
  }

  #succeeded(): void {
    if (this.#failuresInRow > 0) {
      this.#parts.ports.log.info({ mirror: this.#parts.target }, 'mirror is back')
    }
    this.#failuresInRow = 0
  }

  #failed(error: unknown): void {
    this.#failures++
    this.#failuresInRow++
    // Whoever was away may have lost more than it was not told.
    this.#shallAsk = true
    if (this.#isClosed) return
    const { ports, target } = this.#parts
    const reply = error instanceof TargetError ? error.reply : undefined
    const retryMs = this.#retryMs(reply)
    const reason = error instanceof TargetError ? error.message : 'It cannot be reached.'
    ports.log.warn({ mirror: target, status: reply?.status, reason, retryMs }, 'mirror failed')
    this.#stopRetry = ports.clock.setTimer(retryMs, () => {
      this.#stopRetry = undefined
      this.#kick()
    })
  }

  #retryMs(reply: Reply | undefined): number {
    const { limits, ports } = this.#parts
    const grown = limits.minRetryMs * 2 ** Math.min(this.#failuresInRow - 1, 30)
    const backoffMs = Math.min(grown, limits.maxRetryMs) * (0.5 + ports.random.unit() / 2)
    return Math.ceil(Math.max(backoffMs, retryAfterMs(reply, ports.wallNow())))
  }

  #named(origin: string): string {
    return origin === '' ? this.#parts.self : origin
  }
}

function refused(reply: Reply): TargetError {
  const { status } = reply
  if (status >= 300 && status < 400) {
    return new TargetError('It answers with a redirect, which is not followed.', reply)
  }
  if (status === 401) return new TargetError('It does not believe its own token.', reply)
  if (status === 403) return new TargetError('The service account may not do this there.', reply)
  if (status === 404) return new TargetError('It takes no messages of mirrors.', reply)
  if (status === 200) return new TargetError('Its answer cannot be understood.', reply)
  return new TargetError(`It answers with status ${status}.`, reply)
}

function retryAfterMs(reply: Reply | undefined, now: number): number {
  const text = reply?.headers.get('retry-after')
  if (text === undefined || text === null) return 0
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), maxRetryAfterMs) : 0
}

const keyOf = ({ origin, type }: { readonly origin: string; readonly type: string }): string =>
  `${origin} ${type}`
