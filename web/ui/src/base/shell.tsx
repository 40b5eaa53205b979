/** The frame around every page: what is above it, the header, the page itself, the corner. */
import { type ReactNode, useEffect, useRef } from 'react'

export interface ShellProps {
  /** Strip above the header. */
  readonly top?: ReactNode
  readonly brand: ReactNode
  /** Right side of the header. */
  readonly actions: ReactNode
  /** Fixed at the lower left, for the state of the connection. */
  readonly corner?: ReactNode
  readonly footer?: ReactNode
  readonly children: ReactNode
}

export function Shell(props: ShellProps): ReactNode {
  return (
    <div className="shell">
      <a className="shell__skip" href="#main">
        Skip to content
      </a>
      {props.top}
      <header className="shell__header">
        {props.brand}
        {props.actions}
      </header>
      <main className="shell__main" id="main" tabIndex={-1}>
        {props.children}
      </main>
      {props.footer && <footer className="shell__footer">{props.footer}</footer>}
      <div className="shell__corner" role="status">
        {props.corner}
      </div>
    </div>
  )
}

/** After a change of page: to the top, and focus on the heading, as a full page load would. */
export function usePageChange(path: string): void {
  const last = useRef(path)
  useEffect(() => {
    if (last.current === path) return
    last.current = path
    scrollTo(0, 0)
    const heading =
      document.querySelector<HTMLElement>('#main h1') ?? document.querySelector('main')
    heading?.focus({ preventScroll: true })
  }, [path])
}

/** Sets the document's title while the calling page is shown. */
export function useTitle(title: string, site: string): void {
  useEffect(() => {
    document.title = title === site ? site : `${title} · ${site}`
  }, [title, site])
}
