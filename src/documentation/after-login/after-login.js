// Runs in the window that comes back from the issuer: tells the page what the issuer answered, and closes. By a
// channel, because an issuer may cut the tie between the two windows.

new BroadcastChannel('login').postMessage(location.search);
window.close();
