/** Anything but a page of this origin becomes the start page: nobody may be sent elsewhere by a link. */
export function safeNext(path: string | null | undefined): string {
  const isPage = path !== null && path !== undefined && /^\/(?![/\\])[^\\\u0000-\u001f\u007f]*$/.test(path) && !/^\/auth(\/|$)/.test(path);
  return isPage ? path : '/';
}
