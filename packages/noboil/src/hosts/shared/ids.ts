/**
 * Ids of stored rows: `<table>.` and 26 characters of Crockford's base 32, 48 bits of time and 80 of chance, so that later ids
 * sort after earlier ones (the layout is ULID's). Within one process they rise even when the clock goes back.
 */
import type { HostPorts } from '../host.ts'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Two characters for each ten bits, so that an id costs 13 look-ups. */
const pairs: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => `${alphabet[bits >> 5]}${alphabet[bits & 31]}`,
)

const half = 2 ** 40
/** Chance is drawn this many bytes at a time: a call of the system per id would cost more than the id. */
const poolBytes = 1_000

export class Ids {
  readonly #ports: HostPorts
  #time = -1
  #timeText = ''
  #high = 0
  #low = 0
  #pool: Uint8Array = new Uint8Array(0)
  #used = 0

  constructor(ports: HostPorts) {
    this.#ports = ports
  }

  /** A new id of `table`: above every one made before by these Ids. */
  next(table: string): string {
    const time = this.#ports.clock.now()
    if (time > this.#time) this.#enter(time)
    else this.#step()
    return `${table}.${this.#timeText}${eight(this.#high)}${eight(this.#low)}`
  }

  #enter(time: number): void {
    this.#time = time
    this.#timeText =
      pair(time / half) +
      pair(time / 2 ** 30) +
      pair(time / 2 ** 20) +
      pair(time / 2 ** 10) +
      pair(time)
    // The top bit stays free: no process lives to see the other 39 overflow.
    this.#high = this.#draw(5) % (half / 2)
    this.#low = this.#draw(5)
  }

  /** The next id of a millisecond lies a random step above the last one, so that it cannot be guessed from it. */
  #step(): void {
    this.#low += 1 + this.#draw(3)
    if (this.#low < half) return
    this.#low -= half
    this.#high++
  }

  #draw(bytes: number): number {
    if (this.#used + bytes > this.#pool.length) {
      this.#pool = this.#ports.random.bytes(poolBytes)
      this.#used = 0
    }
    let value = 0
    for (let i = 0; i < bytes; i++) value = value * 256 + (this.#pool[this.#used++] as number)
    return value
  }
}

function pair(bits: number): string {
  return pairs[Math.floor(bits) % 1024] as string
}

function eight(bits: number): string {
  return pair(bits / 2 ** 30) + pair(bits / 2 ** 20) + pair(bits / 2 ** 10) + pair(bits)
}
