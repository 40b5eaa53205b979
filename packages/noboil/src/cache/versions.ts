/**
 * What makes a remembered value stale: one counter for the whole cache counts changes, and every entity keeps the count of its last
 * one as its version. A value keeps the count from before it was loaded, so whether it is current is a comparison of integers;
 * forgetting a hundred thousand values is writing one number. No clock takes part.
 */
import type { Entity } from './graph.ts'

/** Ids share this many counters per entity: a change may make a stranger stale (once in a thousand), never the reverse. */
export const idSlots = 1_024

/** When an entity was last changed, in changes of the whole cache. */
export class EntityVersions {
  /** Any change at all: what values without ids depend on. */
  any = 0
  /** Changes that were not confined to some ids. */
  all = 0
  /** Changes by slot of id; made with the first one. */
  ids: Float64Array | undefined

  /** Begins a new history. */
  forget(): void {
    this.any = 0
    this.all = 0
    this.ids = undefined
  }
}

/** What one process knows of changes. */
export class Horizon {
  /** The number of the latest change known here: a load that begins now knows of every change up to it. */
  seen = 0
  /** Numbers and values of another generation do not compare with these. */
  generation = 0
  /** Until when values in memory may be served without asking: at the latest then, other processes' changes are known here. */
  trustedUntil: number = Number.POSITIVE_INFINITY
  /** Redis is away: what other processes change is not known here. */
  isAlone = false
}

/** What a value rests on. */
export interface Basis {
  readonly entity: Entity
  /** Slots of its ids; undefined: every change to the entity makes it stale. */
  readonly slots: readonly number[] | undefined
}

/** FNV-1a over UTF-16 units. */
export function slotOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % idSlots
}

export function slotsOf(ids: readonly string[]): readonly number[] {
  const [first] = ids
  if (ids.length === 1 && first !== undefined) return [slotOf(first)]
  return [...new Set(ids.map(slotOf))].toSorted((a, b) => a - b)
}

export function sameSlots(
  one: readonly number[] | undefined,
  other: readonly number[] | undefined,
): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined || one.length !== other.length) return false
  return one.every((slot, at) => slot === other[at])
}

/** Nothing of the basis has changed since the change number `asOf`. */
export function isCurrent({ entity: { versions }, slots }: Basis, asOf: number): boolean {
  if (slots === undefined) return versions.any <= asOf
  if (versions.all > asOf) return false
  const { ids } = versions
  if (ids === undefined) return true
  for (const slot of slots) if ((ids[slot] ?? 0) > asOf) return false
  return true
}

/** Notes a change. Versions may come late, twice and out of order: the greatest stays. */
export function applyChange({ entity, slots }: Basis, version: number): void {
  const { versions } = entity
  versions.any = Math.max(versions.any, version)
  if (slots === undefined) versions.all = Math.max(versions.all, version)
  else for (const slot of slots) raise(versions, slot, version)
  for (const dependent of entity.dependents) {
    dependent.versions.any = Math.max(dependent.versions.any, version)
    dependent.versions.all = Math.max(dependent.versions.all, version)
  }
}

/** The names under which a shared store keeps the versions of a basis. */
export function tagsOf({ entity: { name }, slots }: Basis): readonly string[] {
  return slots === undefined ? [`${name}*`] : [name, ...slots.map((slot) => `${name}#${slot}`)]
}

/** The names of all versions that a change to a basis raises. */
export function changedTags({ entity, slots }: Basis): readonly string[] {
  const { name, dependents } = entity
  const own = slots === undefined ? [name] : slots.map((slot) => `${name}#${slot}`)
  const others = dependents.flatMap((dependent) => [dependent.name, `${dependent.name}*`])
  return [...new Set([`${name}*`, ...own, ...others])]
}

/** Notes the version of one of an entity's names from a shared store. */
export function applyTag(tag: string, version: number, { name, versions }: Entity): void {
  const kind = tag.slice(name.length)
  if (kind === '') versions.all = Math.max(versions.all, version)
  else if (kind === '*') versions.any = Math.max(versions.any, version)
  else {
    const slot = Number(kind.slice(1))
    if (slot >= 0 && slot < idSlots) raise(versions, slot, version)
  }
}

function raise(versions: EntityVersions, slot: number, version: number): void {
  const ids = (versions.ids ??= new Float64Array(idSlots))
  ids[slot] = Math.max(ids[slot] ?? 0, version)
}
