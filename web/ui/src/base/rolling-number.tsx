/**
 * A number whose digits roll to their new value, like a mechanical counter. The digits that are seen
 * come from the stylesheet; the text of the page, for reading aloud, copying and finding, is the number.
 */
import type { CSSProperties, ReactNode } from 'react'

export interface RollingNumberProps {
  readonly value: number
  /** Read out and shown after the digits, e.g. "%". */
  readonly suffix?: string
}

export function RollingNumber({ value, suffix = '' }: RollingNumberProps): ReactNode {
  const text = `${value.toLocaleString('en')}${suffix}`
  return (
    <>
      <span className="sr-only">{text}</span>
      <span className="rolling" aria-hidden="true">
        {[...text].map((char, index) => (
          // Counted from the right: when a number gains a digit, its units stay the units.
          <Place key={text.length - index} char={char} />
        ))}
      </span>
    </>
  )
}

function Place({ char }: { readonly char: string }): ReactNode {
  if (!/[0-9]/.test(char)) return <span className="rolling__sign" data-char={char} />
  return (
    <span className="rolling__window">
      <span className="rolling__strip" style={{ '--digit': Number(char) } as CSSProperties} />
    </span>
  )
}
