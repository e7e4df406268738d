// Starts Swagger UI on the document of this federation; nothing inline, so that the page's policy can stay strict.
const place = document.getElementById("api");
SwaggerUIBundle({ url: place.dataset.document, domNode: place, deepLinking: true, supportedSubmitMethods: ["get"] });
