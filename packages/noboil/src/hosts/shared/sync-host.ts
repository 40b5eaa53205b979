/** The host that stands on a synchronous store: the memory and the SQLite host differ in the store they bring. */
import { DefinitionError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import type { CommitListener } from '../../changes/change.ts'
import type { Program } from '../../program/program.ts'
import {
  type Answer,
  type BeforeCommit,
  type Capabilities,
  defaultHostLimits,
  type Host,
  type HostCursors,
  type HostLimits,
  type HostPorts,
  type ReadOptions,
  type WriteOptions,
} from '../host.ts'
import { Ids } from './ids.ts'
import { Cursors } from './paging.ts'
import { systemPorts } from './ports.ts'
import { Reader } from './reader.ts'
import type { SessionTools } from './session.ts'
import type { Snapshots, WriteStore } from './store.ts'
import { Writer } from './writer.ts'

/** What both hosts take beside their layouts. */
export interface CommonOptions {
  readonly ports?: HostPorts
  readonly limits?: Partial<HostLimits>
  readonly beforeCommit?: BeforeCommit
  /** Takes what commit listeners and `afterCommit` effects throw. Default: a process warning. */
  readonly onError?: (error: unknown) => void
}

export interface SyncHostParts extends CommonOptions {
  readonly capabilities: Capabilities
  readonly epoch: string
  readonly revision: number
  readonly secret: Uint8Array
  readonly store: WriteStore
  readonly snapshots: Snapshots
  readonly close: () => void
}

export class SyncHost implements Host {
  readonly capabilities: Capabilities
  readonly epoch: string
  readonly cursors: HostCursors
  readonly #writer: Writer
  readonly #reader: Reader
  readonly #close: () => void
  readonly #onError: (error: unknown) => void
  #closing: Promise<void> | undefined

  constructor(parts: SyncHostParts) {
    this.capabilities = parts.capabilities
    this.epoch = parts.epoch
    this.#close = parts.close
    const ports = parts.ports ?? systemPorts
    const limits = checkLimits({ ...defaultHostLimits, ...parts.limits })
    const cursors = new Cursors(parts.secret)
    const tools: SessionTools = { ports, ids: new Ids(ports), cursors }
    this.cursors = {
      open: (cursor) => cursors.peek(cursor),
      seal: (request, position) => cursors.seal(request, position),
    }
    const { store, revision, beforeCommit, onError = warn } = parts
    this.#onError = onError
    this.#writer = new Writer({ store, tools, limits, revision, beforeCommit, onError })
    this.#reader = new Reader(parts.snapshots, tools, limits)
  }

  get revision(): number {
    return this.#writer.revision
  }

  read<result>(program: () => Program<result>, options?: ReadOptions): Promise<Answer<result>> {
    if (this.#closing !== undefined) return Promise.reject(closed())
    return this.#reader.read(program, options)
  }

  write<result>(program: () => Program<result>, options?: WriteOptions): Promise<Answer<result>> {
    if (this.#closing !== undefined) return Promise.reject(closed())
    return this.#writer.write(program, options)
  }

  onCommit(listener: CommitListener): () => void {
    return this.#writer.onCommit(listener)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end())
  }

  async #end(): Promise<void> {
    await this.#writer.idle()
    await this.#reader.idle()
    try {
      this.#close()
    } catch (error) {
      // Every acknowledged write is durable already; what could not be tidied up is when the database is opened again.
      this.#onError(error)
    }
  }
}

function checkLimits(limits: HostLimits): HostLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new DefinitionError(`The limit ${name} is ${value}; it must be a whole number above 0.`)
    }
  }
  return limits
}

function closed(): NoboilError {
  return new NoboilError('UNAVAILABLE', 'The database has been closed.')
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
