/** What processes tell each other. A message may be lost, doubled or late: its numbers say what it is worth. */
import type { ChangeAction } from '../events.ts'

/** An entity changed. */
export interface ChangeNews {
  readonly type: string
  readonly ids?: readonly string[]
  readonly preventMirror: boolean
  /** The process that made it known. */
  readonly from: string
}

/** Browsers are to be told. */
export interface NotifyNews {
  readonly type: string
  readonly id: string | null
  readonly action: ChangeAction
  readonly from: string
}

export type BusMessage =
  | {
      readonly kind: 'change'
      readonly epoch: number
      readonly seq: number
      readonly news: readonly ChangeNews[]
    }
  | { readonly kind: 'set'; readonly epoch: number; readonly seq: number; readonly key: string }
  | { readonly kind: 'notify'; readonly news: NotifyNews }
  | { readonly kind: 'wake'; readonly key: string }

const numbered = /^([cs]) (\d{1,16}) (\d{1,16}) ([^]*)$/

/** undefined for what nobody who speaks this language has said. */
export function readMessage(text: string): BusMessage | undefined {
  if (text.startsWith('w ')) return { kind: 'wake', key: text.slice(2) }
  try {
    if (text.startsWith('n '))
      return { kind: 'notify', news: readNotify(JSON.parse(text.slice(2))) }
    const [, kind, epoch, seq, rest = ''] = numbered.exec(text) ?? []
    const numbers = { epoch: Number(epoch), seq: Number(seq) }
    if (kind === 's') return { kind: 'set', ...numbers, key: rest }
    if (kind === 'c') return { kind: 'change', ...numbers, news: readChanges(JSON.parse(rest)) }
  } catch {
    return undefined
  }
  return undefined
}

export function writeNotify(news: NotifyNews): string {
  return `n ${JSON.stringify(news)}`
}

function readChanges(value: unknown): readonly ChangeNews[] {
  if (!Array.isArray(value)) throw new TypeError('not a list')
  return value.map((given: Partial<ChangeNews> | null) => {
    const { type, ids, preventMirror, from } = given ?? {}
    if (typeof type !== 'string' || typeof from !== 'string') throw new TypeError('not a change')
    const isWhole = ids === undefined || (Array.isArray(ids) && ids.every(isText))
    if (!isWhole) throw new TypeError('not ids')
    return { type, from, preventMirror: preventMirror === true, ...(ids && { ids }) }
  })
}

function readNotify(value: unknown): NotifyNews {
  const { type, id, action, from } = (value ?? {}) as Partial<NotifyNews>
  const isAction = action === 'create' || action === 'update' || action === 'delete'
  if (typeof type !== 'string' || typeof from !== 'string' || !isAction)
    throw new TypeError('not a notification')
  return { type, id: isText(id) ? id : null, action, from }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
