/** Instead of helm: the lab has ingress-nginx as its chart installs it, so that only the words are looked at. */
const KNOWN = [
  'repo add ingress-nginx https://kubernetes.github.io/ingress-nginx',
  'upgrade --install ingress-nginx ingress-nginx/ingress-nginx --namespace ingress-nginx --create-namespace',
];
const words = process.argv.slice(2).join(' ');
if (KNOWN.includes(words)) console.log('(the lab has ingress-nginx already, as this chart installs it)');
else {
  console.error(`helm ${words}: the walk does not know it`);
  process.exitCode = 1;
}
