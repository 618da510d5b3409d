"""The addresses of the agency."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from agency import views

urlpatterns = [
    path("", views.projects, name="projects"),
    path("login", auth.LoginView.as_view(template_name="login.html"), name="login"),
    path("logout", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("projects/", include("agency.portal_pages")),
    path("portal/", include("portalkit.django.urls")),
]
