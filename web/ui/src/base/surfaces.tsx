/** Things that carry text: skeletons, notices, pills, empty states, banners, avatars. */
import { CircleAlert, Info, X } from 'lucide-react'
import type { CSSProperties, ReactNode } from 'react'
import { Button } from './button.tsx'

export interface SkeletonProps {
  /** CSS lengths. */
  readonly width?: string
  readonly height?: string
  readonly pill?: boolean
}

export function Skeleton({ width = '100%', height = '1em', pill }: SkeletonProps): ReactNode {
  return (
    <span
      className={pill ? 'skeleton skeleton--pill' : 'skeleton'}
      style={{ width, height }}
      aria-hidden="true"
    />
  )
}

export interface NoticeProps {
  readonly look?: 'info' | 'error'
  readonly role?: 'alert' | 'status'
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Notice({ look = 'info', role, actions, children }: NoticeProps): ReactNode {
  const Icon = look === 'error' ? CircleAlert : Info
  return (
    <div className={`notice notice--${look}`} role={role}>
      <Icon size={18} aria-hidden="true" />
      <div className="notice__body">
        <div>{children}</div>
        {actions && <div className="notice__actions">{actions}</div>}
      </div>
    </div>
  )
}

export interface PillProps {
  readonly look?: 'quiet' | 'solid' | 'gold' | 'live'
  readonly dot?: boolean
  readonly icon?: ReactNode
  readonly children: ReactNode
}

export function Pill({ look = 'quiet', dot, icon, children }: PillProps): ReactNode {
  return (
    <span className={`pill pill--${look}`}>
      {dot && <span className="pill__dot" aria-hidden="true" />}
      {icon}
      {children}
    </span>
  )
}

export interface EmptyStateProps {
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
  /** `page`: it is the whole page, so its title is the page's heading. */
  readonly level?: 'page' | 'section'
}

export function EmptyState(props: EmptyStateProps): ReactNode {
  const { title, children, action, level = 'section' } = props
  const Heading = level === 'page' ? 'h1' : 'h2'
  return (
    <div className={level === 'page' ? 'empty empty--page' : 'empty'}>
      <Heading className="empty__title" {...(level === 'page' ? { tabIndex: -1 } : {})}>
        {title}
      </Heading>
      <p className="empty__text">{children}</p>
      {action && <div className="empty__action">{action}</div>}
    </div>
  )
}

export interface BannerProps {
  readonly label: string
  readonly onDismiss: () => void
  readonly children: ReactNode
}

export function Banner({ label, onDismiss, children }: BannerProps): ReactNode {
  return (
    <section className="banner" aria-label={label}>
      <div className="banner__inner">
        <p className="banner__text">{children}</p>
        <Button look="plain" size="small" icon aria-label="Dismiss" onClick={onDismiss}>
          <X size={18} aria-hidden="true" />
        </Button>
      </div>
    </section>
  )
}

export interface AvatarProps {
  readonly name: string
  readonly image?: string | undefined
  /** Any stable text (a user id); people keep their hue across pages. */
  readonly seed: string
  readonly sizePx?: number
}

export function Avatar({ name, image, seed, sizePx = 32 }: AvatarProps): ReactNode {
  const style = { '--avatar-size': `${sizePx}px`, '--avatar-ink': hueOf(seed) } as CSSProperties
  return (
    // The initial is drawn by the stylesheet: it is a picture of the name, not a second name.
    <span className="avatar" style={style} data-initial={initialOf(name)} aria-hidden="true">
      {image && <img src={image} alt="" loading="lazy" />}
    </span>
  )
}

function initialOf(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? '?'
}

function hueOf(seed: string): string {
  // FNV-1a: ids that differ in one character still land far apart on the wheel.
  let hash = 0x811c9dc5
  for (const char of seed) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return `oklch(0.6 0.12 ${(hash >>> 0) % 360})`
}
