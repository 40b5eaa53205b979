/**
 * A database in a file between runs: a snapshot of all of it, written anew after commits, beside the file and then in its
 * place. So the file is whole at any moment, and what was committed just before a crash may be missing from it.
 */
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

/**
 * Follows an engine's commits; one write at a time, each of what is there when it begins, and with a pause behind it: the
 * larger the database, the more commits share a write.
 */
export class DataFile {
  readonly #path: string
  readonly #engine: Engine
  readonly #secret: Uint8Array
  #isDirty = true
  #writing: Promise<void> | undefined
  #endPause: () => void = () => {}
  #pauseMs = 0
  #isClosing = false

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
    this.#isClosing = true
    this.#endPause()
    await this.#writing
    if (this.#isDirty) await this.#write()
  }

  #soon(): void {
    this.#writing ??= this.#pause()
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
      const began = performance.now()
      const bytes = serialize({ format: FORMAT, secret: this.#secret, state: this.#engine.state })
      await replaceFile(this.#path, bytes)
      this.#pauseMs = Math.max(MIN_PAUSE_MS, PAUSE_SHARE * (performance.now() - began))
      if (this.#isDirty) await this.#pause()
    }
  }

  #pause(): Promise<void> {
    if (this.#isClosing) return Promise.resolve()
    return new Promise((resolve) => {
      // It keeps the process alive: a program that ends by itself leaves a whole file.
      const timer = setTimeout(resolve, this.#pauseMs)
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const MIN_PAUSE_MS = 20
/** Writing takes at most about a tenth of the time. */
const PAUSE_SHARE = 10

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const written = `${path}.tmp`
  // Nobody else may read it: who knows the secret can be anybody.
  const file = await open(written, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(written, path)
  const folder = await open(dirname(path))
  try {
    await folder.sync()
  } finally {
    await folder.close()
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
