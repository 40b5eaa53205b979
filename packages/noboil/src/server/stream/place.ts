/**
 * The ids of events on a fixed stream. A plain EventSource sends back the last one and nothing else, also when somebody else has signed
 * in meanwhile or rights are others: so an id says beside the position which groups have answered, and only these go on from there.
 */

/** It comes back as a header, of which a server takes so much: whoever follows too many queries is told of them anew. */
const maxLength = 2_000

export interface Place {
  readonly position: string
  /** By the subscription's id. */
  readonly groups: ReadonlyMap<number, string>
}

export function placeOf({ position, groups }: Place): string {
  const text = [position, ...Array.from(groups, ([id, group]) => `${id}:${group}`)].join(' ')
  return text.length <= maxLength ? text : position
}

/** What is no place says nothing. */
export function readPlace(text: string | string[] | undefined): Place {
  const [position = '', ...parts] = typeof text === 'string' ? text.split(' ') : []
  const groups = new Map<number, string>()
  for (const part of parts) {
    const match = /^(\d{1,9}):([\w.-]{1,128})$/.exec(part)
    if (match) groups.set(Number(match[1]), match[2] as string)
  }
  return { position, groups }
}
