/** Who may do what. The server decides; this decides what is worth showing. */
import type { AppUser } from './port.ts'

export function isAdmin(user: AppUser | null): boolean {
  return user?.role === 'admin'
}
