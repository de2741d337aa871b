const STORAGE_KEY = 'gantry.token';

/** The parts of a browser window that hold a token. Handed in, so that tests need no browser. */
export interface TokenPlace {
  readonly href: string;
  replaceAddress(href: string): void;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/**
 * The token that `gantry serve` printed. On the first visit it is in the address: it moves to the tab's session storage
 * and leaves the address, so that it is neither bookmarked nor shared by accident. Null when there is none.
 */
export function takeToken(place: TokenPlace): string | null {
  const url = new URL(place.href);
  const given = url.searchParams.get('token');
  if (given !== null) {
    url.searchParams.delete('token');
    place.replaceAddress(url.toString());
    if (given.trim() !== '') place.storage.setItem(STORAGE_KEY, given.trim());
  }
  return place.storage.getItem(STORAGE_KEY);
}

export function keepToken(place: Pick<TokenPlace, 'storage'>, token: string): void {
  place.storage.setItem(STORAGE_KEY, token);
}

/** What a person pasted: the bare token, or the whole link that holds it. Null when it is neither. */
export function tokenFromPaste(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (/^https?:/i.test(trimmed)) {
    const fromLink = URL.canParse(trimmed) ? new URL(trimmed).searchParams.get('token') : null;
    return fromLink?.trim() || null;
  }
  return /\s/.test(trimmed) ? null : trimmed;
}

/** WebSocket sub-protocols are the one place where a page may put a secret that stays out of logs and addresses. */
export function tokenProtocol(token: string): string {
  const bytes = new TextEncoder().encode(token);
  const base64 = btoa(String.fromCharCode(...bytes));
  return `gantry.token.${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}
