/** The preview's "server": one immutable state, changed by named acts, watched by the hooks. */
import type { AppError, ErrorCode, PollValue, Poll, QuotaState, Vote, VoteCounts } from '../port.ts'
import { author, type FakeState, seed, type StoredVote, users } from './seed.ts'
import type { Switches } from './switches.ts'

const quotaLimit = 5
const quotaMs = 60_000
const latencyMs = 180

export class FakeError extends Error {
  readonly app: AppError

  constructor(code: ErrorCode, message: string, retryAfter?: number) {
    super(message)
    this.app = { code, message, ...(retryAfter !== undefined && { retryAfter }) }
  }
}

export class FakeStore {
  readonly switches: Switches
  state: FakeState
  readonly #watchers = new Set<() => void>()
  readonly #keys = new Map<string, number>()
  #nextId = 0

  constructor(switches: Switches) {
    this.switches = switches
    this.state = seed(switches, Date.now())
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  change(part: Partial<FakeState>): void {
    this.state = { ...this.state, ...part }
    for (const watcher of this.#watchers) watcher()
  }

  newId(table: string): string {
    this.#nextId += 1
    return `${table}-new-${this.#nextId}`
  }

  /** As a call over the network: later, and failing when the switches say so. */
  async call<Result>(act: () => Result): Promise<Result> {
    await new Promise((resolve) => setTimeout(resolve, latencyMs))
    const { fail } = this.switches
    if (fail) throw new FakeError(fail as ErrorCode, 'The preview was asked to fail.', 42_000)
    return act()
  }

  quota(): QuotaState {
    const recent = this.state.ballots.filter((at) => at > Date.now() - quotaMs)
    const remaining = Math.max(0, quotaLimit - recent.length)
    const oldest = recent[0]
    return remaining > 0 || oldest === undefined
      ? { allowed: true, remaining }
      : { allowed: false, remaining, retryAfter: oldest + quotaMs - Date.now() }
  }

  counts(pollId: string): VoteCounts {
    const counts: Record<string, number> = { ...this.state.oldVotes[pollId] }
    for (const vote of this.liveVotes(pollId)) {
      if (!vote._id.startsWith('vote-new')) continue
      counts[String(vote.optionIdx)] = (counts[String(vote.optionIdx)] ?? 0) + 1
    }
    return counts
  }

  liveVotes(pollId: string): readonly StoredVote[] {
    return this.state.votes.filter((vote) => vote.pollId === pollId && vote.deletedAt === undefined)
  }

  castOwn(
    pollId: string,
    vote: Pick<Vote, 'optionIdx' | 'voter'>,
    key: string | undefined,
  ): Counted {
    const seen = key === undefined ? undefined : this.#keys.get(key)
    if (seen !== undefined) return { seq: seen, created: false }
    const { user } = this.state
    if (!user) throw new FakeError('NOT_AUTHENTICATED', 'Nobody is signed in.')
    const quota = this.quota()
    if (!quota.allowed) throw new FakeError('RATE_LIMITED', 'Too many ballots.', quota.retryAfter)
    const seq = this.#append(pollId, vote.optionIdx, vote.voter, user._id)
    if (key !== undefined) this.#keys.set(key, seq)
    this.change({ ballots: [...this.state.ballots, Date.now()].slice(-quotaLimit) })
    return { seq, created: true }
  }

  /** As if from another browser. */
  castOther(pollId: string, optionIdx: number): void {
    const by = author(this.#nextId + 2)
    this.#append(pollId, optionIdx, by.name, by._id)
  }

  purge(pollId: string): number {
    const gone = Object.values(this.counts(pollId)).reduce((sum, each) => sum + each, 0)
    const oldVotes = { ...this.state.oldVotes, [pollId]: {} }
    const votes = this.state.votes.map((vote) =>
      vote.pollId === pollId ? { ...vote, deletedAt: 1 } : vote,
    )
    this.change({ oldVotes, votes })
    return gone
  }

  restore(pollId: string): number {
    const start = seed(this.switches, Date.now()).oldVotes[pollId] ?? {}
    const votes = this.state.votes.map(({ deletedAt: _gone, ...vote }) => vote)
    this.change({ oldVotes: { ...this.state.oldVotes, [pollId]: start }, votes })
    return Object.values(this.counts(pollId)).reduce((sum, each) => sum + each, 0)
  }

  createPoll(value: PollValue): Poll {
    const user = this.state.user ?? users.guest
    const poll = {
      ...value,
      _id: this.newId('poll'),
      _creationTime: Date.now(),
      updatedAt: Date.now(),
      userId: user._id,
      author: { _id: user._id, name: user.name },
    }
    this.change({ polls: [poll, ...this.state.polls] })
    return poll
  }

  patchPoll(pollId: string, patch: Partial<Poll>): void {
    const polls = this.state.polls.map((poll) =>
      poll._id === pollId ? { ...poll, ...patch } : poll,
    )
    this.change({ polls })
  }

  #append(pollId: string, optionIdx: number, voter: string, userId: string): number {
    const seq = 1 + Math.max(1_300, ...this.state.votes.map((vote) => vote.seq))
    const vote = {
      _id: this.newId('vote'),
      pollId,
      seq,
      optionIdx,
      voter,
      userId,
      createdAt: Date.now(),
    }
    this.change({ votes: [vote, ...this.state.votes] })
    return seq
  }
}

interface Counted {
  readonly seq: number
  readonly created: boolean
}
