/**
 * What a parent knows of its children's writes, and so what must be, may be and must not be in the database that they leave.
 * What one survey has seen counts as acknowledged from then on.
 */
import type { Line, Write } from './lines.ts'

export type Append = Extract<Write, { do: 'append' }>

/**
 * `sent`: it may be there or not. `stored`: it must be there. `absent`: it must not be there, for it was refused, or a survey has
 * not found it.
 */
export type State = 'sent' | 'stored' | 'absent'

export interface Entry {
  readonly user: string
  readonly board: string
  readonly choice: number
  readonly key: string | undefined
  state: State
  seq: number | undefined
}

/** Several marks that are there together or not at all. */
export interface Whole {
  readonly marks: readonly string[]
  readonly boards: readonly string[]
  state: State
}

/** A value that only grows: it is the last acknowledged one, or one that was sent after it. */
export interface Climb {
  acknowledged: number
  sent: number
}

export class Book {
  readonly entries = new Map<string, Entry>()
  readonly bulks: Whole[] = []
  readonly moves = new Map<string, Whole>()
  readonly cards = new Map<string, Whole>()
  readonly boards = new Map<string, Whole>()
  readonly climbs = new Map<string, Climb>()
  /** Boards whose trail was purged for good. */
  readonly purged = new Set<string>()
  acknowledged = 0
  refused = 0
  replays = 0
  readonly #open = new Map<number, Write>()
  readonly #appends = new Map<string, Append>()
  readonly problems: string[] = []

  take(line: Line): void {
    switch (line.is) {
      case 'sent':
        this.#open.set(line.id, line.write)
        this.#sent(line.write)
        return
      case 'acknowledged':
        this.acknowledged++
        this.#answered(this.#close(line.id), line.value)
        return
      case 'refused':
        this.refused++
        this.#refused(this.#close(line.id))
        return
      case 'durable':
        this.#stored(this.moves.get(line.mark))
        return
      default:
    }
  }

  /** The process is gone: what it sent and never heard of may be there or not. */
  died(): readonly Append[] {
    const open = [...this.#open.values()]
    this.#open.clear()
    return open.filter((write) => write.do === 'append')
  }

  /** Appends that are known to be there, for sending them again. */
  known(count: number): readonly Append[] {
    const stored = [...this.#appends.values()].filter(
      ({ mark }) => this.entries.get(mark)?.state === 'stored',
    )
    return stored.slice(-count)
  }

  #close(id: number): Write {
    const write = this.#open.get(id)
    if (write === undefined) throw new Error(`A child answered call ${id}, which it never made.`)
    this.#open.delete(id)
    return write
  }

  #sent(write: Write): void {
    switch (write.do) {
      case 'append':
        this.#appends.set(write.mark, write)
        this.#retried(write)
        return
      case 'bulk':
        for (const mark of write.marks) this.#expect(mark, write, undefined)
        this.bulks.push({ marks: write.marks, boards: [write.board], state: 'sent' })
        return
      case 'move': {
        const { mark, from, to } = write
        this.moves.set(mark, { marks: [mark], boards: [from, to], state: 'sent' })
        return
      }
      case 'card':
        this.cards.set(write.mark, { marks: [write.mark], boards: [write.board], state: 'sent' })
        return
      case 'board':
        this.boards.set(write.mark, { marks: [write.mark], boards: [], state: 'sent' })
        return
      case 'purge':
        return
      default:
        this.#climb(write).sent = reached(write, this.#climb(write).sent)
    }
  }

  #retried(write: Append): void {
    const entry = this.entries.get(write.mark)
    if (entry === undefined) this.#expect(write.mark, write, write.mark)
    else if (entry.state === 'absent') entry.state = 'sent'
  }

  #expect(mark: string, write: Append | Extract<Write, { do: 'bulk' }>, key?: string): void {
    const { user, board, choice } = write
    this.entries.set(mark, { user, board, choice, key, state: 'sent', seq: undefined })
  }

  #answered(write: Write, value: unknown): void {
    switch (write.do) {
      case 'append':
        this.#appended(write.mark, value as { seq: number; created: boolean })
        return
      case 'bulk': {
        const { firstSeq } = value as { firstSeq: number }
        for (const [at, mark] of write.marks.entries()) this.#place(mark, firstSeq + at)
        this.#stored(this.bulks.find(({ marks }) => marks === write.marks))
        return
      }
      case 'move':
        this.#stored(this.moves.get(write.mark))
        return
      case 'card':
        this.#stored(this.cards.get(write.mark))
        return
      case 'board':
        this.#stored(this.boards.get(write.mark))
        return
      case 'purge':
        this.purged.add(write.board)
        return
      default: {
        const climb = this.#climb(write)
        climb.acknowledged = reached(write, climb.acknowledged)
      }
    }
  }

  #appended(mark: string, { seq, created }: { seq: number; created: boolean }): void {
    const entry = this.entries.get(mark) as Entry
    if (entry.state === 'stored') {
      this.replays++
      if (created) this.problems.push(`${mark} was stored, and its retry was stored once more`)
      if (seq !== entry.seq) this.problems.push(`${mark} is ${entry.seq}, its retry says ${seq}`)
      return
    }
    if (!created) this.problems.push(`${mark} was not there, and its append was no new one`)
    this.#place(mark, seq)
  }

  #place(mark: string, seq: number): void {
    const entry = this.entries.get(mark) as Entry
    entry.state = 'stored'
    entry.seq = seq
  }

  #stored(whole: Whole | undefined): void {
    if (whole === undefined) throw new Error('A child tells of a write that it never made.')
    whole.state = 'stored'
  }

  #refused(write: Write): void {
    switch (write.do) {
      case 'append': {
        const entry = this.entries.get(write.mark) as Entry
        if (entry.state !== 'stored') entry.state = 'absent'
        return
      }
      case 'bulk': {
        for (const mark of write.marks) (this.entries.get(mark) as Entry).state = 'absent'
        for (const bulk of this.bulks) if (bulk.marks === write.marks) bulk.state = 'absent'
        return
      }
      case 'move':
        ;(this.moves.get(write.mark) as Whole).state = 'absent'
        return
      case 'card':
        ;(this.cards.get(write.mark) as Whole).state = 'absent'
        return
      case 'board':
        ;(this.boards.get(write.mark) as Whole).state = 'absent'
        return
      case 'purge':
        return
      default:
        // Each has one caller and so one call in flight: the value is what it was.
        this.#climb(write).sent = this.#climb(write).acknowledged
    }
  }

  #climb(write: Extract<Write, { do: 'set' | 'upsert' | 'spend' }>): Climb {
    const name = climbOf(write)
    let climb = this.climbs.get(name)
    if (climb === undefined) this.climbs.set(name, (climb = { acknowledged: 0, sent: 0 }))
    return climb
  }
}

/** The name of what a write makes grow. */
export function climbOf(write: Extract<Write, { do: 'set' | 'upsert' | 'spend' }>): string {
  if (write.do === 'set') return `setting ${write.key}`
  return `${write.do === 'upsert' ? 'profile' : 'spend'} ${write.user}`
}

function reached(write: Extract<Write, { do: 'set' | 'upsert' | 'spend' }>, from: number): number {
  return write.do === 'spend' ? from + write.cost : write.n
}
