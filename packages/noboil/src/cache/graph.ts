/**
 * Which entities there are, and what a change to one of them makes stale: computed once, when the cache is made.
 */
import { DefinitionError } from '../errors/assert.ts'
import { NoboilError } from '../errors/error.ts'
import { formsOf, nearest } from './names.ts'
import { EntityCounts } from './stats.ts'
import { EntityVersions } from './versions.ts'

/**
 * What each entity is made of: `{ posts: ['categories', 'pictures'] }` says that a change to a picture makes posts stale. What
 * is only named on the right is an entity too.
 */
export type Dependencies = Readonly<Record<string, readonly string[]>>

/** What values are remembered of: one node of the graph. */
export interface Entity {
  /** As it was declared. */
  readonly name: string
  /** What it answers to: singular and plural. */
  readonly forms: ReadonlySet<string>
  /** Everything that a change to this entity makes stale beside itself; itself too when it stands on a cycle. */
  readonly dependents: readonly Entity[]
  readonly versions: EntityVersions
  readonly counts: EntityCounts
}

interface Node extends Entity {
  readonly dependents: Entity[]
}

const namePattern = /^[A-Za-z][\w-]{0,63}$/
const maxEntities = 1_000

export class Graph {
  readonly #entities = new Map<string, Node>()
  readonly #byName = new Map<string, Node>()

  /** Throws {@link DefinitionError} for a name that is malformed, or that two entities would answer to. */
  constructor(dependencies: Dependencies) {
    if (!isRecord(dependencies)) {
      throw new DefinitionError(
        `dependencies is ${String(dependencies)}; it is an object such as { posts: ['categories'], categories: [] }.`,
      )
    }
    for (const [name, parts] of Object.entries(dependencies)) {
      if (!Array.isArray(parts)) {
        throw new DefinitionError(`dependencies.${name} must be an array of entity names.`)
      }
      this.#declare(name, false)
    }
    for (const [name, parts] of Object.entries(dependencies)) {
      for (const part of parts) this.#declare(part, true, name)
    }
    if (this.#entities.size > maxEntities) {
      throw new DefinitionError(
        `There are ${this.#entities.size} entities; at most ${maxEntities} are kept apart.`,
      )
    }
    this.#connect(dependencies)
  }

  get entities(): readonly Entity[] {
    return [...this.#entities.values()]
  }

  /** The entity of a name, singular or plural; throws `VALIDATION_FAILED` naming the nearest one. */
  entity(name: string): Entity {
    return this.#byName.get(name) ?? this.#refuse(name)
  }

  /** The entity of a name, or undefined: for names that come from elsewhere. */
  find(name: string): Entity | undefined {
    return this.#byName.get(name)
  }

  /** Forgets all versions: a new history begins. */
  forget(): void {
    for (const { versions } of this.#entities.values()) versions.forget()
  }

  #declare(name: string, isPart: boolean, whole?: string): void {
    const where = isPart ? `in dependencies.${whole}` : 'in dependencies'
    if (typeof name !== 'string' || !namePattern.test(name)) {
      throw new DefinitionError(
        `The entity ${JSON.stringify(name)} ${where} must be a name: a letter, then at most 63 letters, digits, '_' or '-'.`,
      )
    }
    const known = this.#byName.get(name)
    if (known !== undefined && (isPart || known.name === name)) return
    if (known !== undefined) throw clash(name, known.name, name)
    const forms = new Set(formsOf(name))
    const node = new EntityNode(name, forms)
    this.#entities.set(name, node)
    for (const form of forms) {
      const other = this.#byName.get(form)
      if (other !== undefined && other !== node) throw clash(name, other.name, form)
      this.#byName.set(form, node)
    }
  }

  #connect(dependencies: Dependencies): void {
    const users = new Map<Node, Node[]>()
    for (const [name, parts] of Object.entries(dependencies)) {
      const whole = this.#byName.get(name) as Node
      for (const part of parts) {
        const node = this.#byName.get(part) as Node
        if (node === whole) {
          throw new DefinitionError(`dependencies.${name} names itself; leave it out.`)
        }
        users.set(node, [...(users.get(node) ?? []), whole])
      }
    }
    for (const node of this.#entities.values()) node.dependents.push(...reach(node, users))
  }

  #refuse(name: unknown): never {
    const near = typeof name === 'string' ? nearest(name, this.#byName.keys()) : undefined
    const hint =
      near === undefined
        ? ` The entities are ${[...this.#entities.keys()].slice(0, 20).join(', ') || 'none'}.`
        : ` Did you mean '${near}'?`
    const message = `There is no entity ${JSON.stringify(String(name).slice(0, 64))}.${hint} Entities are declared in dependencies.`
    throw new NoboilError('VALIDATION_FAILED', message, { issues: [{ path: 'type', message }] })
  }
}

/** The names of an entity and of everything that a change to it makes stale. */
export function typesOf({ name, dependents }: Entity): readonly string[] {
  return [...new Set([name, ...dependents.map((dependent) => dependent.name)])]
}

class EntityNode implements Node {
  readonly name: string
  readonly forms: ReadonlySet<string>
  readonly dependents: Entity[] = []
  readonly versions: EntityVersions = new EntityVersions()
  readonly counts: EntityCounts = new EntityCounts()

  constructor(name: string, forms: ReadonlySet<string>) {
    this.name = name
    this.forms = forms
  }
}

/** Everything that uses a node, directly or by way of others; each once, so a cycle ends. */
function reach(from: Node, users: ReadonlyMap<Node, readonly Node[]>): ReadonlySet<Node> {
  const found = new Set<Node>()
  const open = [...(users.get(from) ?? [])]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue
    found.add(node)
    open.push(...(users.get(node) ?? []))
  }
  return found
}

function clash(name: string, other: string, form: string): DefinitionError {
  return new DefinitionError(
    `The entities '${other}' and '${name}' would both be called '${form}', as singular or plural; keep one of them.`,
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
