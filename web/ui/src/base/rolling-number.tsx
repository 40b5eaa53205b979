/** A number whose digits roll to their new value, like a mechanical counter. */
import type { CSSProperties, ReactNode } from 'react'

export interface RollingNumberProps {
  readonly value: number
  /** Read out and shown after the digits, e.g. "%". */
  readonly suffix?: string
}

const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

export function RollingNumber({ value, suffix = '' }: RollingNumberProps): ReactNode {
  const text = value.toLocaleString('en')
  return (
    <>
      <span className="sr-only">{`${text}${suffix}`}</span>
      <span className="rolling" aria-hidden="true">
        {[...text].map((char, index) => (
          // Counted from the right: when a number gains a digit, its units stay the units.
          <Place key={text.length - index} char={char} />
        ))}
        {suffix}
      </span>
    </>
  )
}

function Place({ char }: { readonly char: string }): ReactNode {
  const digit = digits.indexOf(char)
  if (digit < 0) return <span>{char}</span>
  return (
    <span className="rolling__window">
      <span className="rolling__strip" style={{ '--digit': digit } as CSSProperties}>
        {digits.map((each) => (
          <span key={each}>{each}</span>
        ))}
      </span>
    </span>
  )
}
