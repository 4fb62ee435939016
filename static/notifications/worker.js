// Shows messages that come while no page is open, and leads to what they are about.
self.addEventListener("push", (event) => {
  const message = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(message.title || "Mainstay", {
      body: message.body,
      tag: message.tag, // one that is sent again replaces the first
      requireInteraction: Boolean(message.urgent),
      data: { url: message.url },
      actions: [{ action: "change", title: "What you hear about" }],
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const own = event.action === "change" ? "preferences/" : event.notification.data?.url || "";
  event.waitUntil(self.clients.openWindow(new URL(own, self.registration.scope).href));
});
