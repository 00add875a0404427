// Reads a foreign tool's output (npm, pip, uv, Node's own error codes) and names the cause in one line.
// The tools give no codes of their own for most of this, so their words are all there is.

export const causes = [
  {
    words: /\b(ENOSPC|EDQUOT)\b|[Nn]o space left on device|[Dd]isk quota/,
    cause: 'the disk is full',
    hint: 'free some space on this disk (about 2 GB for everything) and run the same command again',
  },
  {
    words: /\bEINTEGRITY\b|[Hh]ash mismatch|DO NOT MATCH THE HASHES/,
    cause: 'what was downloaded is not what this project locked (its hash differs), so it was not used',
    hint: 'empty the cache of that tool (npm cache clean --force, pip cache purge, uv cache clean) and try again; if it persists, suspect the mirror or proxy',
  },
  {
    words: /\b(SELF_SIGNED|CERT_|UNABLE_TO_)[A-Z_]*|SSLError|invalid peer certificate|certificate verify failed/,
    cause: "the registry's certificate is not trusted here",
    hint: 'behind a company proxy, point SSL_CERT_FILE, PIP_CERT and NODE_EXTRA_CA_CERTS at its certificate file',
  },
  {
    words: /\b(EACCES|EPERM|EROFS)\b|Permission denied|[Rr]ead-only file system/,
    cause: 'no permission to write',
    hint: 'the project folder must belong to you: check with ls -ld, and do not mix runs with and without sudo',
  },
  {
    words:
      /\b(ECONNRESET|ERR_SOCKET_TIMEOUT)\b|IncompleteRead|[Cc]onnection reset|[Rr]ead timed out|[Bb]roken pipe|unexpected (EOF|end of file)|(status|[Ee]rror).{0,24}\b(429|50[0234])\b/,
    cause: 'the download broke off',
    hint: 'run the same command again: what is done stays done',
    retry: true,
  },
  {
    words:
      /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b|dns error|name resolution|NewConnectionError|Network is unreachable|tcp connect error|error sending request|ProxyError|operation timed out/,
    cause: 'the package registry cannot be reached',
    hint: 'check the network and the proxy settings (HTTPS_PROXY); set-up needs it the first time only',
  },
  {
    words:
      /\b(E404|ETARGET)\b|matching platform tag|No matching distribution|not found in the package registry|no version of|no wheels with a matching/,
    cause: 'the package registry does not have a locked package for this platform',
    hint: 'macOS 14 on Apple silicon or Linux with glibc 2.35 (Debian 12, Ubuntu 22.04) are the oldest that have all; if a mirror is configured for npm, pip or uv, see whether it is complete',
  },
];

/** @returns {{ cause: string, hint: string, retry?: boolean } | undefined} */
export function explain(output) {
  return causes.find(({ words }) => words.test(output));
}
