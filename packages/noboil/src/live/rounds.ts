/**
 * When things are worked out: commits are gathered into rounds, each touches what it overlaps, and what cannot be followed is
 * read again, once however many commits asked for it. A read that began before a commit and ended after it takes the commit
 * in afterwards.
 */
import type { Commit } from '../changes/change.ts'
import type { Computed, Computer } from './computed.ts'
import { Interests } from './interests.ts'
import type { LiveCursors, LiveLimits, LivePorts, LiveRead, LiveSource } from './ports.ts'

export interface RoundsEvents {
  /** A round is over: everything that could be told at once has been. */
  ended(commits: readonly Commit[]): void
  /** Something that was worked out has been told. */
  computed(computed: Computed): void
  /** Whether anybody waits for it. */
  isWanted(computed: Computed): boolean
}

export class Rounds implements Computer {
  readonly #source: LiveSource
  readonly #ports: LivePorts
  readonly #limits: LiveLimits
  readonly #events: RoundsEvents
  readonly #interests: Interests<Computed>
  readonly #stop: () => void
  /** Commits of the coming round. */
  #pending: Commit[] = []
  #isAnnounced = false
  #revision: number
  readonly #stale = new Set<Computed>()
  readonly #followed = new Set<Computed>()
  /** Reads under way, with the revision they began at. */
  readonly #running = new Map<Computed, number>()
  /** Commits of past rounds that a read under way may not have seen. */
  #recent: Commit[] = []
  #recentChanges = 0
  /** Commits up to here have been let go of. */
  #forgotten = -1
  #isClosed = false

  constructor(
    source: LiveSource,
    ports: LivePorts,
    limits: LiveLimits,
    cursors: LiveCursors,
    events: RoundsEvents,
  ) {
    this.#source = source
    this.#ports = ports
    this.#limits = limits
    this.#events = events
    this.#interests = new Interests(cursors)
    this.#revision = source.revision
    this.#stop = source.onCommit((commit) => this.#take(commit))
  }

  /** The commit that the last round ended with. */
  get revision(): number {
    return this.#revision
  }

  get interests(): number {
    return this.#interests.size
  }

  stale(computed: Computed): void {
    this.#stale.add(computed)
  }

  followed(computed: Computed): void {
    this.#followed.add(computed)
  }

  /** Works it out, unless that is under way. */
  compute(computed: Computed): void {
    this.#stale.delete(computed)
    if (computed.isComputing || computed.isOver || this.#isClosed) return
    computed.isComputing = true
    void this.#compute(computed)
  }

  forget(computed: Computed): void {
    computed.isOver = true
    this.#stale.delete(computed)
    this.#followed.delete(computed)
    this.#interests.remove(computed.interests)
    computed.interests = []
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
    this.#pending = []
    this.#recent = []
  }

  #take(commit: Commit): void {
    this.#pending.push(commit)
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    this.#ports.soon(() => this.#round())
  }

  #round(): void {
    this.#isAnnounced = false
    if (this.#isClosed) return
    const commits = this.#pending
    this.#pending = []
    for (const commit of commits) {
      for (const change of commit.changes) {
        this.#interests.visit(change, (interest) => {
          interest.owner.touch(interest, change, commit.revision)
        })
      }
      this.#revision = commit.revision
      this.#remember(commit)
    }
    for (const computed of this.#followed) computed.tell(this.#revision)
    this.#followed.clear()
    for (const computed of this.#stale) {
      if (this.#events.isWanted(computed)) this.compute(computed)
    }
    this.#stale.clear()
    this.#events.ended(commits)
  }

  async #compute(computed: Computed): Promise<void> {
    const reads: LiveRead[] = []
    this.#running.set(computed, this.#revision)
    let answer: { readonly value: unknown; readonly revision: number }
    try {
      answer = await this.#source.read(() => computed.program(), {
        record: (read) => reads.push(read),
        ...(computed.custom ? { custom: true } : {}),
      })
    } catch (error) {
      this.#ended(computed)
      if (!computed.isOver && !this.#isClosed) computed.fail(error)
      return
    }
    // What is told next must not run ahead of the commits that say who may be told.
    if (this.#pending.length > 0) this.#round()
    const missed = this.#forgotten > answer.revision
    const late = this.#recent.filter((commit) => commit.revision > answer.revision)
    this.#ended(computed)
    if (computed.isOver || this.#isClosed) return
    computed.seen = answer.revision
    this.#interests.remove(computed.interests)
    computed.interests = this.#interests.add(computed, reads)
    if (computed.isStrict && (missed || overlapsAny(computed, late))) {
      this.compute(computed)
      return
    }
    try {
      computed.validThrough = Infinity
      computed.accept(answer.value, reads, answer.revision)
    } catch (error) {
      computed.fail(error)
      return
    }
    if (computed.isOver) return
    if (missed) computed.goStale(this.#revision)
    this.#catchUp(computed, late)
    this.#events.computed(computed)
  }

  /** Takes in the commits of rounds that were held while it was worked out. */
  #catchUp(computed: Computed, commits: readonly Commit[]): void {
    for (const commit of commits) {
      for (const change of commit.changes) {
        for (const interest of computed.interests) {
          if (interest.table.name === change.table.name) {
            computed.touch(interest, change, commit.revision)
          }
        }
      }
      if (computed.isFresh) computed.seen = commit.revision
    }
    if (this.#followed.delete(computed)) computed.tell(this.#revision)
    if (this.#stale.has(computed) && this.#events.isWanted(computed)) this.compute(computed)
  }

  #ended(computed: Computed): void {
    computed.isComputing = false
    this.#running.delete(computed)
    if (this.#running.size === 0) {
      this.#recent = []
      this.#recentChanges = 0
    }
  }

  #remember(commit: Commit): void {
    if (this.#running.size === 0) {
      this.#forgotten = commit.revision
      return
    }
    this.#recent.push(commit)
    this.#recentChanges += commit.changes.length
    while (this.#recentChanges > this.#limits.maxRecentChanges && this.#recent.length > 0) {
      const oldest = this.#recent.shift() as Commit
      this.#recentChanges -= oldest.changes.length
      this.#forgotten = oldest.revision
    }
  }
}

const overlapsAny = (computed: Computed, commits: readonly Commit[]): boolean =>
  commits.some(({ changes }) =>
    changes.some((change) =>
      computed.interests.some(
        (interest) => interest.table.name === change.table.name && interest.overlaps(change),
      ),
    ),
  )
