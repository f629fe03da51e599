/** What the page of the chat view is made of. The URIs are those of the webview, already in its own scheme. */
export interface ChatPage {
  /** A fresh secret of this page: only the script that carries it runs. */
  readonly nonce: string;
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Of the icons. */
  readonly fontUri: string;
}

/** The policy of the chat view: its own script, style, font and `data:` pictures; no network, no frames, no eval. */
export function contentSecurityPolicy(nonce: string, cspSource: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data:`,
    "connect-src 'none'",
    "media-src 'none'",
    "object-src 'none'",
    "frame-src 'none'",
    "child-src 'none'",
    "worker-src 'none'",
    "manifest-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** The whole page; the script draws into `#root`. */
export function chatPageHtml({ nonce, cspSource, scriptUri, styleUri, fontUri }: ChatPage): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(contentSecurityPolicy(nonce, cspSource))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="preload" as="font" type="font/ttf" crossorigin href="${attribute(fontUri)}">
<link rel="stylesheet" nonce="${attribute(nonce)}" href="${attribute(styleUri)}">
<title>OpenHands</title>
</head>
<body>
<div id="root"></div>
<script nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
</body>
</html>
`;
}

function attribute(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
