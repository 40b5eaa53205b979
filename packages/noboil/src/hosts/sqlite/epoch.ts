/**
 * Whether a database file goes on with the history that its clients know. Revisions compare only within one epoch, so a file that was
 * put back, copied or rolled back must begin a new one, or a revision would mean two things. An epoch goes on only over an orderly
 * close that was the last thing to happen to the file: the close notes beside it how the file was left, down to what the file system
 * says of it, which no copy can repeat. Everything else begins a new epoch, which costs clients one answer in full.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

/** How far a file's history went. */
export interface Reached {
  readonly epoch: string
  readonly revision: number
}

interface CloseNote extends Reached {
  readonly file: FileState
}

/** Nanoseconds and numbers of the file system, as text: they do not fit numbers. */
interface FileState {
  /** A machine that was started anew may be a clone of another, its disk included. */
  readonly boot: string
  readonly device: string
  readonly inode: string
  readonly bytes: string
  readonly modifiedNs: string
  /** Moves with every write, rename and link; nobody can set it. */
  readonly changedNs: string
}

/**
 * What the last close noted, if the file is as it left it; else undefined. Call it before anything opens the file.
 */
export function reachedAtClose(file: string): Reached | undefined {
  const state = stateOf(file)
  const note = readNote(file)
  return state !== undefined && isDeepStrictEqual(note?.file, state) ? note : undefined
}

/** From now on the file is not as it was left. Call it before anybody writes. */
export function forgetClose(file: string): void {
  rmSync(noteName(file), { force: true })
}

/** Notes how the file is left. Call it when nothing has it open any more. */
export function noteClose(file: string, { epoch, revision }: Reached): void {
  const state = stateOf(file)
  if (state === undefined) return
  const note: CloseNote = { epoch, revision, file: state }
  writeFileSync(noteName(file), JSON.stringify(note), { flush: true })
}

const noteName = (file: string): string => `${file}.closed`

/** Undefined where a part of the data is in the log: the file alone does not say how far it went. */
function stateOf(file: string): FileState | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined || existsSync(`${file}-wal`)) return undefined
  return {
    boot: bootId(),
    device: String(stat.dev),
    inode: String(stat.ino),
    bytes: String(stat.size),
    modifiedNs: String(stat.mtimeNs),
    changedNs: String(stat.ctimeNs),
  }
}

/** Empty where the system does not tell. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** Undefined for none, and for one that was not written to its end. */
function readNote(file: string): CloseNote | undefined {
  try {
    return (JSON.parse(readFileSync(noteName(file), 'utf8')) as CloseNote | null) ?? undefined
  } catch {
    return undefined
  }
}
