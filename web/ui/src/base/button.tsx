/** Buttons and links that look like buttons. */
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode } from 'react'
import { Link } from 'wouter'

export type ButtonLook = 'solid' | 'line' | 'plain' | 'danger'

interface Looks {
  readonly look?: ButtonLook
  readonly size?: 'small' | 'regular'
  readonly wide?: boolean
  /** Square, for an icon alone; the button then needs an `aria-label`. */
  readonly icon?: boolean
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Looks {
  /** Work is under way: the button keeps its place and focus but ignores presses. */
  readonly busy?: boolean
}

export function Button(props: ButtonProps): ReactNode {
  const { look, size, wide, icon, busy = false, className, children, onClick, ...rest } = props
  return (
    <button
      type="button"
      {...rest}
      {...(busy ? { 'aria-disabled': true, 'aria-busy': true } : {})}
      className={classesOf({ look, size, wide, icon }, className)}
      onClick={(event) => {
        // A busy button stays focusable, so the browser does not refuse the press for us.
        if (busy) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {children}
      {busy && (
        <span className="button__busy" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
    </button>
  )
}

export interface ButtonLinkProps extends AnchorHTMLAttributes<HTMLAnchorElement>, Looks {
  readonly href: string
}

export function ButtonLink(props: ButtonLinkProps): ReactNode {
  const { look, size, wide, icon, className, ...rest } = props
  return <Link {...rest} className={classesOf({ look, size, wide, icon }, className)} />
}

type Possibly<T> = { readonly [K in keyof T]: T[K] | undefined }

function classesOf(
  { look = 'solid', size, wide, icon }: Possibly<Looks>,
  extra: string | undefined,
): string {
  return [
    'button',
    `button--${look}`,
    size === 'small' && 'button--small',
    wide && 'button--wide',
    icon && 'button--icon',
    extra,
  ]
    .filter(Boolean)
    .join(' ')
}
