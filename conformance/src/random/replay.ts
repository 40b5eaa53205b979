/**
 * Runs one history on the model and on a host, and compares every answer, refusal and, at the end, everything there is.
 */
import { expect } from 'vitest'
import type { HostDriver } from '../driver.ts'
import { allPages, type AnyRow, enter, names, refusalOf, type Who, type World } from '../world.ts'
import { Model } from '../model/model.ts'
import { everything, plan, type Planned, type Step } from './steps.ts'

type Call = Extract<Planned, { path: string }>

/** Steps, or the calls they came to: what a regression keeps, since it must mean the same for ever. */
export type History = readonly (Step | Planned)[]

export async function replay(driver: HostDriver, history: History): Promise<void> {
  const world = await enter(await driver.open())
  try {
    const side = new Side(world)
    const model = new Model()
    const calls: Planned[] = []
    try {
      for (const [at, step] of history.entries()) {
        model.now = world.now
        const planned = 'length' in step ? plan(model, step) : step
        calls.push(planned)
        if ('advance' in planned) await world.advance(planned.advance)
        else await compare(side, model, planned, `step ${at}`)
      }
      model.now = world.now
      for (const call of everything(model)) await compare(side, model, call, 'at the end')
    } catch (error) {
      if (error instanceof Error) error.message += `\nThe calls were:\n${JSON.stringify(calls)}\n`
      throw error
    }
  } finally {
    await world.host.close()
  }
}

async function compare(side: Side, model: Model, call: Call, at: string): Promise<void> {
  const before = new Set(model.rows.map(({ _id }) => _id))
  const wanted = outcomeOf(model, call)
  const found = await side.outcome(call)
  const named = { at, ...call }
  expect({ ...named, ...(await side.learn(model, call, before, found)) }).toEqual({
    ...named,
    ...wanted,
  })
  // Rows of a removed poll go in the background; the model's are gone at once.
  if (call.path === 'poll.rm' || call.path === 'event.purgeByParent') await side.world.host.idle()
}

type Outcome = { readonly answer: unknown } | { readonly refusal: { code: string; data?: unknown } }

function outcomeOf(model: Model, { path, args, who }: Call): Outcome {
  try {
    return { answer: plainly(structuredClone(model.call(path, args, who))) }
  } catch (error) {
    const { code, data } = error as { code?: string; data?: unknown }
    if (code === undefined) throw error
    return refused(code, data)
  }
}

/** Refusals whose payload is part of the promise; others carry sentences and paths. */
const exact: ReadonlySet<string> = new Set(['CONFLICT', 'RATE_LIMITED', 'DUPLICATE'])

const refused = (code: string, data: unknown): Outcome => ({
  refusal: exact.has(code) ? { code, data } : { code },
})

/** A host, spoken to in the model's ids. */
class Side {
  readonly world: World
  readonly #real = new Map<string, string>()
  readonly #handles = new Map<string, string>()

  constructor(world: World) {
    this.world = world
    for (const name of names) this.#meet(name, world.ids[name])
  }

  async outcome({ path, args, who }: Call): Promise<Outcome> {
    try {
      return {
        answer: await this.#ask(path, this.#translate(args, this.#real) as object, who as Who),
      }
    } catch (error) {
      const { code, data } = refusalOf(error)
      return refused(code, data)
    }
  }

  /** Learns the ids of what the call made, and answers the outcome in the model's ids. */
  async learn(
    model: Model,
    call: Call,
    before: ReadonlySet<string>,
    found: Outcome,
  ): Promise<object> {
    const made = model.rows.filter(({ _id }) => !before.has(_id) && _id !== '?')
    for (const row of made) {
      if ('refusal' in found) break
      const real =
        row['seq'] === undefined ? (found.answer as AnyRow) : await this.#rowOf(call, row)
      this.#meet(row._id, real._id)
    }
    return this.#translate(found, this.#handles) as object
  }

  async #rowOf({ path, args }: Call, row: Record<string, unknown>): Promise<AnyRow> {
    const parent = this.#translate(args['parent'], this.#real)
    const after = { parent, seq: (row['seq'] as number) - 1, limit: 1 }
    const log = path.split('.')[0] as string
    const [found] = await this.world.call<AnyRow[]>(`${log}.listAfter`, after, 'system')
    return found ?? { _id: 'missing', updatedAt: 0 }
  }

  async #ask(path: string, args: object, who: Who): Promise<unknown> {
    if (path.endsWith('.list')) return (await allPages(this.world, path, args, who, 3)).map(plain)
    const answer = await this.world.call<unknown>(path, args, who)
    if (path.startsWith('ballots.')) return state(answer as AnyRow | null)
    return plainly(answer)
  }

  #meet(handle: string, real: string): void {
    this.#real.set(handle, real)
    this.#handles.set(real, handle)
  }

  #translate(value: unknown, words: ReadonlyMap<string, string>): unknown {
    if (typeof value === 'string') return words.get(value) ?? value
    if (Array.isArray(value)) return value.map((item) => this.#translate(item, words))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([name, item]) => [
      name,
      this.#translate(item, words),
    ])
    return Object.fromEntries(entries)
  }
}

const plainly = (answer: unknown): unknown =>
  Array.isArray(answer) ? answer.map(plain) : plain(answer)

/** A row without its author; rows of values and people have ids that nothing refers to. */
function plain(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  const { author: _, ...row } = answer as Record<string, unknown>
  const isSlot = row['key'] !== undefined || 'theme' in row
  return isSlot ? { ...row, _id: '?' } : row
}

function state(answer: AnyRow | null): unknown {
  if (answer === null) return null
  const { allowed, remaining, retryAfter } = answer
  return retryAfter === undefined ? { allowed, remaining } : { allowed, remaining, retryAfter }
}
