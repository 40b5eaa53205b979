/** The strip that leads from one app of a site to the others. */
import type { ReactNode } from 'react'

export interface SiteApp {
  readonly name: string
  /** Where it starts; each app is a page of its own. */
  readonly href: string
}

export interface SiteBarProps {
  /** What the apps have in common. */
  readonly title: string
  readonly apps: readonly SiteApp[]
  /** The `href` of the app that shows this. */
  readonly current: string
  /** Which of several deployments this is. */
  readonly note?: string | undefined
}

export function SiteBar({ title, apps, current, note }: SiteBarProps): ReactNode {
  return (
    <nav className="site-bar" aria-label="Demos">
      <div className="site-bar__inner">
        <span className="site-bar__title">{title}</span>
        <ul className="site-bar__apps">
          {apps.map(({ name, href }) => (
            <li key={href}>
              <a href={href} aria-current={href === current ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
        {note && <span className="site-bar__note">{note}</span>}
      </div>
    </nav>
  )
}
