// Reads a foreign tool's output (npm, pip, uv, Node's own error codes) and names the cause in one line.
// The tools give no codes of their own, so their words are all there is.

const causes = [
  {
    words: /ENOSPC|No space left on device|EDQUOT|disk quota/i,
    cause: 'the disk is full',
    hint: 'free some space on this disk (about 2 GB for everything) and run the same command again',
  },
  {
    words: /hash mismatch|DO NOT MATCH THE HASHES|EINTEGRITY|Hash of the package|sha256 differs/i,
    cause: 'what was downloaded is not what this project locked (its hash differs), so it was not used',
    hint: 'empty the cache of that tool (npm cache clean --force, pip cache purge) and try again; if it persists, suspect the mirror or proxy',
  },
  {
    words: /certificate|CERT_|SELF_SIGNED|SSLError|UnknownIssuer/i,
    cause: "the registry's certificate is not trusted here",
    hint: 'behind a company proxy, point SSL_CERT_FILE, PIP_CERT and NODE_EXTRA_CA_CERTS at its certificate file',
  },
  {
    words: /EACCES|EPERM|EROFS|Permission denied|Read-only file system/i,
    cause: 'no permission to write',
    hint: 'the project folder must belong to you: check with ls -ld, and do not mix runs with and without sudo',
  },
  {
    words:
      /connection reset|ECONNRESET|IncompleteRead|Read timed out|ERR_SOCKET_TIMEOUT|broken pipe|unexpected EOF|(status|error).{0,24}\b(429|50[0234])\b/i,
    cause: 'the download broke off',
    hint: 'run the same command again: what is done stays done',
    retry: true,
  },
  {
    words:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|dns error|name resolution|NewConnectionError|Network is unreachable|tcp connect error|error sending request|ProxyError|timed out/i,
    cause: 'the package registry cannot be reached',
    hint: 'check the network and the proxy settings (HTTPS_PROXY); set-up needs it the first time only',
  },
  {
    words: /E404|ETARGET|No matching distribution|was not found in the package registry|no version of/i,
    cause: 'the package registry does not have a locked package for this platform',
    hint: 'if a mirror is configured for npm, pip or uv, see whether it is complete',
  },
];

/** @returns {{ cause: string, hint: string, retry?: boolean } | undefined} */
export function explain(output) {
  return causes.find(({ words }) => words.test(output));
}
