/**
 * Fenced blocks of Markdown files.
 */
export interface Block {
  /** The nearest heading above, without its marks. */
  readonly heading: string
  /** Everything behind the fence: language and attributes. */
  readonly info: string
  readonly text: string
  /** Of the first line of the text, from 1. */
  readonly line: number
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let heading = ''
  let open: { info: string; lines: string[]; line: number } | undefined
  for (const [at, line] of markdown.split('\n').entries()) {
    if (open !== undefined) {
      if (line === '```') {
        const { info, lines } = open
        blocks.push({ heading, info, text: lines.join('\n'), line: open.line })
        open = undefined
      } else open.lines.push(line)
    } else if (line.startsWith('```')) open = { info: line.slice(3), lines: [], line: at + 2 }
    else heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading
  }
  if (open !== undefined) throw new Error(`The block of line ${open.line} is not closed.`)
  return blocks
}
