/** A database in a file between runs: a snapshot of all of it, written anew after commits. */
import { readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { DefinitionError } from '../../errors/assert.ts'
import { messageOf } from './abi/load.ts'
import type { DatastoreState } from './datastore/state.ts'
import type { Engine } from './engine.ts'

export interface StoredData {
  readonly state: DatastoreState
  /** Signs the tokens of the development server, so that they outlive a restart. */
  readonly secret: Uint8Array
}

const FORMAT = 'noboil spacetimedb snapshot 1'

/** What the file holds; `undefined` when there is none. @throws {DefinitionError} when it is no snapshot. */
export function readDataFile(path: string): StoredData | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new DefinitionError(`The data file ${path} cannot be read: ${messageOf(error)}`)
  }
  const stored = decode(bytes)
  if (stored?.format === FORMAT) return stored
  throw new DefinitionError(
    `${path} is not a snapshot of a SpacetimeDB module: move it away to begin with an empty database.`,
  )
}

/** Follows an engine's commits; one write at a time, each of what is there when it begins. */
export class DataFile {
  readonly #path: string
  readonly #engine: Engine
  readonly #secret: Uint8Array
  #isDirty = true
  #writing: Promise<void> | undefined

  constructor(path: string, engine: Engine, secret: Uint8Array) {
    this.#path = path
    this.#engine = engine
    this.#secret = secret
    engine.commits.add(() => {
      this.#isDirty = true
      this.#soon()
    })
    this.#soon()
  }

  /** Resolves when the file holds the last commit. @throws when it could not be written. */
  async close(): Promise<void> {
    await this.#writing
    if (this.#isDirty) await this.#write()
  }

  #soon(): void {
    this.#writing ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#write())
      .catch((error: unknown) => {
        this.#isDirty = true
        this.#engine.logs.add('error', `${this.#path} could not be written: ${messageOf(error)}`)
      })
      .finally(() => {
        this.#writing = undefined
      })
  }

  async #write(): Promise<void> {
    while (this.#isDirty) {
      this.#isDirty = false
      const bytes = serialize({ format: FORMAT, secret: this.#secret, state: this.#engine.state })
      const written = `${this.#path}.${process.pid}.tmp`
      // Nobody else may read it: who knows the secret can be anybody.
      const file = await open(written, 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(written, this.#path)
      const folder = await open(dirname(this.#path))
      try {
        await folder.sync()
      } finally {
        await folder.close()
      }
    }
  }
}

function decode(bytes: Buffer): (StoredData & { readonly format: unknown }) | undefined {
  try {
    const stored: unknown = deserialize(bytes)
    return typeof stored === 'object' && stored !== null && 'format' in stored
      ? (stored as StoredData & { readonly format: unknown })
      : undefined
  } catch {
    return undefined
  }
}
